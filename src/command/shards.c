/* shards.c - `runnel shards`: how many shards does a load need?
 * Source: Kinesis developer guide: the larger of incoming KB/s / 1000 and outgoing KB/s / 2000. */
#include <stdio.h>

#include "command/command.h"
#include "tool/exit.h"
#include "tool/options.h"

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

int rn_command_shards(int argc, char **argv)
{
    int64_t bytes = 1024, rate = 1000, consumers = 1;
    const struct rn_option options[] = {
        {.name = "record-bytes",
         .value = "N",
         .help = "average size of a record, key included",
         .number = &bytes,
         .number_min = 1,
         .number_max = 10 * 1024 * 1024},
        {.name = "records-per-second",
         .value = "N",
         .help = "records written in a second",
         .number = &rate,
         .number_min = 0,
         .number_max = 1000 * 1000 * 1000},
        {.name = "consumers",
         .value = "N",
         .help = "applications that read it all by polling",
         .number = &consumers,
         .number_min = 0,
         .number_max = 10000},
    };
    const struct rn_command_line line = {
        .command = "shards",
        .arguments = "",
        .about = "Estimates the shards a stream needs: the larger of incoming KB/s / 1000 and "
                 "outgoing KB/s "
                 "/ 2000,\n"
                 "records counted in whole KB; a shard also takes at most 1,000 records/s.",
        .options = options,
        .option_count = 3,
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    size_t count;
    int code = rn_options_parse(&line, argc, argv, arguments, &count);

    if (code != RN_GO_ON) {
        return code;
    }
    int64_t in_kb = divide_up(bytes, 1024) * rate, out_kb = in_kb * consumers;
    int64_t by_in = divide_up(in_kb, 1000), by_out = divide_up(out_kb, 2000),
            by_rate = divide_up(rate, 1000);
    int64_t shards = by_in > by_out ? by_in : by_out;

    shards = shards > by_rate ? shards : by_rate;
    shards = shards ? shards : 1;
    (void)printf("%lld shards: in %lld KB/s needs %lld, out %lld KB/s to %lld consumers needs "
                 "%lld, %lld records/s needs %lld\n",
                 (long long)shards, (long long)in_kb, (long long)by_in, (long long)out_kb,
                 (long long)consumers, (long long)by_out, (long long)rate, (long long)by_rate);
    return RN_EXIT_OK;
}
