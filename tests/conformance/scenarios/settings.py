"""Settings of streams and of the account: tags, retention, monitoring, encryption, mode, sizes, throughput."""
import time

from .session import ACCOUNT, arn, equal, seconds

METRICS = ["IncomingBytes", "IncomingRecords", "IteratorAgeMilliseconds", "OutgoingBytes", "OutgoingRecords",
           "ReadProvisionedThroughputExceeded", "WriteProvisionedThroughputExceeded"]


def tags_are_added_listed_in_pages_and_removed(s):
    name = s.stream()
    equal(s.call("ListTagsForStream", StreamName=name), {"Tags": [], "HasMoreTags": False})
    s.call("AddTagsToStream", StreamName=name, Tags={"team": "blue", "env": "test", "cost centre": ""})
    s.call("AddTagsToStream", StreamName=name, Tags={"team": "red"})
    wanted = [{"Key": "cost centre", "Value": ""}, {"Key": "env", "Value": "test"}, {"Key": "team", "Value": "red"}]
    equal(s.call("ListTagsForStream", StreamName=name), {"Tags": wanted, "HasMoreTags": False})
    equal(s.call("ListTagsForStream", StreamName=name, Limit=1), {"Tags": wanted[:1], "HasMoreTags": True})
    equal(s.call("ListTagsForStream", StreamName=name, ExclusiveStartTagKey="cost centre"), {"Tags": wanted[1:], "HasMoreTags": False})
    s.call("RemoveTagsFromStream", StreamName=name, TagKeys=["env", "unknown"])
    equal(s.call("ListTagsForStream", StreamName=name)["Tags"], [wanted[0], wanted[2]])
    error = s.refused("AddTagsToStream", StreamName=name, Tags={"a;b": "c"})
    equal(error.kind, "InvalidArgumentException")


def retention_is_lengthened_and_shortened(s):
    name = s.stream()
    put = s.call("PutRecord", StreamName=name, PartitionKey="k", Data=b"kept")
    s.call("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=8760)
    equal(s.call("DescribeStream", StreamName=name)["StreamDescription"]["RetentionPeriodHours"], 8760)
    s.call("DecreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=24)
    equal(s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["RetentionPeriodHours"], 24)
    equal([record["SequenceNumber"] for record in s.read(name)], [put["SequenceNumber"]])
    error = s.refused("DecreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=48)
    equal((error.kind, error.message), ("InvalidArgumentException", "Requested retention period (48 hours) for stream %s can not be longer "
                                        "than existing retention period (24 hours). Use IncreaseRetentionPeriod API." % name))


def limits_of_the_account_are_described(s):
    before = s.call("DescribeLimits")
    equal(sorted(before), ["OnDemandStreamCount", "OnDemandStreamCountLimit", "OpenShardCount", "ShardLimit"])
    s.stream(3)
    equal(s.call("DescribeLimits"), {**before, "OpenShardCount": before["OpenShardCount"] + 3})


def metrics_are_switched_on_and_off_and_told_before_and_after(s):
    name = s.stream()
    for operation, metrics, before, after in (
            ("EnableEnhancedMonitoring", ["IncomingRecords", "OutgoingBytes"], [], ["IncomingRecords", "OutgoingBytes"]),
            ("EnableEnhancedMonitoring", ["ALL"], ["IncomingRecords", "OutgoingBytes"], METRICS),
            ("DisableEnhancedMonitoring", METRICS[1:], METRICS, METRICS[:1]), ("DisableEnhancedMonitoring", ["ALL"], METRICS[:1], [])):
        answer = s.call(operation, StreamName=name, ShardLevelMetrics=metrics)
        equal((answer["StreamName"], sorted(answer["CurrentShardLevelMetrics"]), sorted(answer["DesiredShardLevelMetrics"])),
              (name, sorted(before), sorted(after)))
        shown, = s.call("DescribeStream", StreamName=name)["StreamDescription"]["EnhancedMonitoring"]
        equal(sorted(shown["ShardLevelMetrics"]), sorted(after))


def a_change_of_metrics_is_answered_with_the_arn(s):
    name = s.stream()
    for operation, after in (("EnableEnhancedMonitoring", ["IncomingBytes"]), ("DisableEnhancedMonitoring", [])):
        answer = s.call(operation, StreamARN=arn(name), ShardLevelMetrics=["IncomingBytes"])
        equal((answer["StreamARN"], answer["DesiredShardLevelMetrics"]), (arn(name), after))


def encryption_is_started_told_with_each_record_and_stopped(s):
    name = s.stream()
    equal(s.call("StartStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis"), {})
    for shown in (s.call("DescribeStream", StreamName=name)["StreamDescription"],
                  s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]):
        equal((shown["EncryptionType"], shown["KeyId"], shown["StreamStatus"]), ("KMS", "alias/aws/kinesis", "ACTIVE"))
    equal(s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"1")["EncryptionType"], "KMS")
    equal(s.call("PutRecords", StreamName=name, Records=[{"PartitionKey": "a", "Data": b"2"}])["EncryptionType"], "KMS")
    equal([record["EncryptionType"] for record in s.read(name)], ["KMS", "KMS"])
    error = s.refused("StopStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId="alias/other")
    equal(str(error), "InvalidArgumentException: Stream %s under account %s is not encrypted with key alias/other." % (name, ACCOUNT))
    equal(s.call("StopStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis"), {})
    shown = s.call("DescribeStream", StreamName=name)["StreamDescription"]
    equal((shown["EncryptionType"], "KeyId" in shown), ("NONE", False))
    assert "EncryptionType" not in s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"3")


def what_is_no_key_is_told_as_the_key_service_tells_it(s):
    name = s.stream()
    error = s.refused("StartStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId="n/a")
    equal(str(error), "KMSNotFoundException: KeyId n/a is not the id of a key, nor an alias, nor the ARN of one.")


def a_stream_changes_its_mode_and_keeps_its_shards(s):
    name = s.stream(3)
    for mode in ("ON_DEMAND", "PROVISIONED"):
        equal(s.call("UpdateStreamMode", StreamARN=arn(name), StreamModeDetails={"StreamMode": mode}), {})
        summary = s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
        equal((summary["StreamModeDetails"], summary["OpenShardCount"]), ({"StreamMode": mode}, 3))


def records_may_be_as_long_as_their_stream_says(s):
    name = s.stream()
    long = b"x" * (1048576 + 1)
    error = s.refused("PutRecord", StreamName=name, PartitionKey="a", Data=long)
    equal(error.kind, "ValidationException")
    assert error.message.endswith("at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576"), error
    equal(s.call("UpdateMaxRecordSize", StreamARN=arn(name), MaxRecordSizeInKiB=2048), {})
    equal(s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["MaxRecordSizeInKiB"], 2048)
    s.call("PutRecord", StreamName=name, PartitionKey="a", Data=long)
    assert [record["Data"] for record in s.read(name)] == [long], "not what was put"


def an_account_with_a_commitment_warms_up_its_on_demand_streams(s):
    kept = s.call("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": "ENABLED"})["MinimumThroughputBillingCommitment"]
    equal((kept["Status"], sorted(kept)), ("ENABLED", ["EarliestAllowedEndAt", "StartedAt", "Status"]))
    assert abs(seconds(kept["StartedAt"]) - time.time()) < 60
    equal(round(seconds(kept["EarliestAllowedEndAt"]) - seconds(kept["StartedAt"])), 24 * 3600)
    equal(s.call("DescribeAccountSettings"), {"MinimumThroughputBillingCommitment": kept})
    name = s.prefix
    s.call("CreateStream", StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    answer = s.call("UpdateStreamWarmThroughput", StreamName=name, WarmThroughputMiBps=7)
    equal((answer["StreamName"], answer["StreamARN"], answer["WarmThroughput"]["TargetMiBps"]), (name, arn(name), 7))
    equal(s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["WarmThroughput"],
          {"TargetMiBps": 7, "CurrentMiBps": 7})
    kept["Status"] = "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
    equal(s.call("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": "DISABLED"}),
          {"MinimumThroughputBillingCommitment": kept})
