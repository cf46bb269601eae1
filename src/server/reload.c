/* reload.c - see reload.h. */
#include "server/reload.h"

#include "sys/log.h"

static rn_str shown(rn_str text)
{
    return text.data ? text : RN_STR("not set");
}

static void tell(const struct rn_setting *setting, rn_str old, rn_str new)
{
    if (setting->is_live) {
        rn_log(RN_LOG_INFO, "server", "reloaded: %s is %.*s, was %.*s", setting->name,
               RN_STR_ARG(new), RN_STR_ARG(old));
    } else {
        rn_log(RN_LOG_WARN, "server", "%s is %.*s until the next start, then %.*s", setting->name,
               RN_STR_ARG(old), RN_STR_ARG(new));
    }
}

void rn_reload(const struct rn_settings *fresh, struct rn_settings *current, struct rn_arena *arena)
{
    size_t count, changed = 0;
    const struct rn_setting *table = rn_setting_table(&count);
    struct rn_settings old = *current;

    current->log_level = fresh->log_level;
    current->log_format = fresh->log_format;
    rn_log_setup((enum rn_log_level)fresh->log_level, fresh->log_format == RN_LOG_FORMAT_JSON);
    for (size_t i = 0; i < count; i++) {
        rn_str before = shown(rn_setting_text(&table[i], &old, arena));
        rn_str after = shown(rn_setting_text(&table[i], fresh, arena));

        if (!rn_str_eq(before, after)) {
            changed++;
            tell(&table[i], before, after);
        }
    }
    if (changed == 0) {
        rn_log(RN_LOG_INFO, "server", "reloaded: no setting has changed");
    }
}
