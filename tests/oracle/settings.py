"""Settings of streams and of the account, in the model."""
import re

from answers import Unordered
from refusals import invalid, provisioned
from shapes import METRICS, Ms, Refused
from stream import ACCOUNT, HOUR

KEY = re.compile(r"(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(?=alias/|key/)(?:key/)?)?(alias/[a-zA-Z0-9/_:-]+)?(?(1)|([0-9a-f-]{36}))")


class Settings:
    # ---- settings ----

    def settle(self, stream, is_changed):
        """A setting counts at once; the stream is UPDATING all the same."""
        if is_changed:
            self.begin(stream, "UPDATING", lambda: setattr(stream, "warm_now", stream.warm))

    def monitor(self, request, change):
        stream, named = self.stream(request), request["ShardLevelMetrics"]
        self.check_active(stream)
        before = stream.metrics
        stream.metrics = change(before, set(METRICS if "ALL" in named else named))
        self.settle(stream, before != stream.metrics)
        return {"StreamName": stream.name, "StreamARN": stream.arn, "CurrentShardLevelMetrics": Unordered(before),
                "DesiredShardLevelMetrics": Unordered(stream.metrics)}

    def enable_enhanced_monitoring(self, request, _):
        return self.monitor(request, set.union)

    def disable_enhanced_monitoring(self, request, _):
        return self.monitor(request, set.difference)

    def count_daily(self, stream, operation):
        most = self.daily_max[operation]
        if sum(what == operation and at > self.now - 24 * HOUR for what, at in stream.daily) >= most:
            raise Refused("LimitExceededException", "Limit of %d %s operations in 24 hours exceeded for stream %s under account %s." % (
                most, operation, stream.name, ACCOUNT))
        stream.daily.append((operation, self.now))

    def encrypted(self, request):
        """The stream of a valid request to start or to stop encryption."""
        stream, key = self.stream(request), request["KeyId"]
        if request["EncryptionType"] != "KMS":
            raise invalid("EncryptionType must be KMS.")
        if not KEY.fullmatch(key):
            raise Refused("KMSNotFoundException", "KeyId %s is not the id of a key, nor an alias, nor the ARN of one." % key)
        self.check_active(stream)
        return stream

    def start_stream_encryption(self, request, _):
        stream = self.encrypted(request)
        if stream.key == request["KeyId"]:
            return
        self.count_daily(stream, "StartStreamEncryption")
        if not stream.key:
            stream.encrypted = self.now
        stream.key = request["KeyId"]
        self.settle(stream, True)

    def stop_stream_encryption(self, request, _):
        stream, key = self.encrypted(request), request["KeyId"]
        if not stream.key:
            raise invalid("Stream %s under account %s is not encrypted." % (stream.name, ACCOUNT))
        if KEY.fullmatch(key).group(1, 2) != KEY.fullmatch(stream.key).group(1, 2):
            raise invalid("Stream %s under account %s is not encrypted with key %s." % (stream.name, ACCOUNT, key))
        self.count_daily(stream, "StopStreamEncryption")
        stream.key = None
        self.settle(stream, True)

    def update_max_record_size(self, request, _):
        if "StreamARN" not in request:
            raise invalid("StreamARN should be provided.")
        stream, before = self.stream(request), self.stream(request).record_kib
        self.check_active(stream)
        stream.record_kib = request["MaxRecordSizeInKiB"]
        self.settle(stream, before != stream.record_kib)

    def committed(self):
        """Whether the account's commitment holds now."""
        started, ends = self.commitment
        return started is not None and (ends is None or self.now < ends)

    def check_warm_fits(self, stream, wanted):
        if not self.committed():
            raise invalid("WarmThroughputMiBps is only supported in accounts that have MinimumThroughputBillingCommitment enabled. "
                          "Account %s has not." % ACCOUNT)
        if wanted > self.warm_max:
            raise Refused("LimitExceededException", (
                "Warm throughput of %d MiBps exceeds the limit of %d MiBps for stream %s under account %s.") % (
                    wanted, self.warm_max, stream.name, ACCOUNT))

    def update_stream_mode(self, request, _):
        stream, mode = self.stream(request), request["StreamModeDetails"]["StreamMode"]
        warm = request.get("WarmThroughputMiBps", 0)
        if warm and mode == "PROVISIONED":
            raise provisioned(stream.name)
        if mode == "ON_DEMAND" and mode != stream.mode:
            self.check_on_demand_fits()
        if warm:
            self.check_warm_fits(stream, warm)
        self.check_active(stream)
        before = (stream.mode, stream.warm)
        if mode != stream.mode:
            self.count_daily(stream, "UpdateStreamMode")
            stream.warm = warm
        stream.mode, stream.warm = mode, warm or stream.warm
        if mode == "PROVISIONED":
            stream.warm_now = 0
        self.settle(stream, before != (stream.mode, stream.warm))

    def update_stream_warm_throughput(self, request, _):
        stream, wanted = self.stream(request), request["WarmThroughputMiBps"]
        self.check_warm_fits(stream, wanted)
        self.check_active(stream)
        if stream.mode != "ON_DEMAND":
            raise provisioned(stream.name)
        before, is_changed, stream.warm = stream.warm_now, stream.warm != wanted, wanted
        self.settle(stream, is_changed)
        return {"StreamName": stream.name, "StreamARN": stream.arn,
                "WarmThroughput": {"TargetMiBps": wanted, "CurrentMiBps": before}}

    def describe_account_settings(self, _request, _):
        started, ends = self.commitment
        made = {"Status": "DISABLED"}
        if self.committed():
            made = {"Status": "ENABLED" if ends is None else "ENABLED_UNTIL_EARLIEST_ALLOWED_END",
                    "EarliestAllowedEndAt": Ms(started + 24 * HOUR)}
        elif started is not None:
            made["EndedAt"] = Ms(ends)
        if started is not None:
            made["StartedAt"] = Ms(started)
        return {"MinimumThroughputBillingCommitment": made}

    def update_account_settings(self, request, _):
        started, ends = self.commitment
        if request["MinimumThroughputBillingCommitment"]["Status"] == "ENABLED":
            self.commitment = (started if self.committed() else self.now, None)
        elif self.committed() and ends is None:
            self.commitment = (started, max(started + 24 * HOUR, self.now))
        return self.describe_account_settings({}, {})

    # ---- retention ----

    def hours(self, request):
        hours = request["RetentionPeriodHours"]
        for least, wrong, words in ((True, hours < 24, "Minimum allowed retention period is 24 hours. Requested retention period "
                                     "(%d hours) is too short."),
                                    (False, hours > 8760, "Maximum allowed retention period is 8760 hours. Requested retention "
                                     "period (%d hours) is too long.")):
            if wrong:
                raise invalid(words % hours)
        return hours

    def set_retention(self, request, wrong, words):
        stream = self.stream(request)
        hours, existing = self.hours(request), stream.retention // HOUR
        self.check_active(stream)
        if wrong(hours, existing):
            raise invalid("Requested retention period (%d hours) for stream %s can not be %s than existing retention period "
                          "(%d hours). Use %sRetentionPeriod API." % (hours, stream.name, words[0], existing, words[1]))
        stream.floor = stream.horizon(self.now)  # what is gone stays gone
        stream.retention = hours * HOUR

    def increase_stream_retention_period(self, request, _):
        self.set_retention(request, lambda hours, existing: hours < existing, ("shorter", "Decrease"))

    def decrease_stream_retention_period(self, request, _):
        self.set_retention(request, lambda hours, existing: hours > existing, ("longer", "Increase"))
