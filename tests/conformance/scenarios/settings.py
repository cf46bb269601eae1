"""Tags, retention and other settings of streams; limits and settings of the account."""
from .session import arn, equal


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
    s.stream(3)
    equal(s.call("DescribeLimits"), {**before, "OpenShardCount": before["OpenShardCount"] + 3})


def metrics_of_shards_are_switched_on_and_off(s):
    name = s.stream()
    answer = s.call("EnableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["IncomingBytes", "OutgoingBytes"])
    equal((answer["StreamName"], answer["CurrentShardLevelMetrics"]), (name, []))
    equal(sorted(answer["DesiredShardLevelMetrics"]), ["IncomingBytes", "OutgoingBytes"])
    answer = s.call("EnableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["ALL"])
    equal((len(answer["CurrentShardLevelMetrics"]), len(answer["DesiredShardLevelMetrics"])), (2, 7))
    answer = s.call("DisableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["IncomingBytes"])
    assert "IncomingBytes" not in answer["DesiredShardLevelMetrics"]
    described = s.call("DescribeStream", StreamName=name)["StreamDescription"]["EnhancedMonitoring"]
    equal([sorted(one["ShardLevelMetrics"]) for one in described], [sorted(answer["DesiredShardLevelMetrics"])])
    s.call("DisableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["ALL"])
    equal(s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["EnhancedMonitoring"], [{"ShardLevelMetrics": []}])


def a_stream_tells_how_it_is_encrypted(s):
    name, key = s.stream(), {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
    s.call("StartStreamEncryption", StreamName=name, **key)
    for shown in (s.call("DescribeStream", StreamName=name)["StreamDescription"],
                  s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]):
        equal((shown["EncryptionType"], shown["KeyId"], shown["StreamStatus"]), ("KMS", "alias/aws/kinesis", "ACTIVE"))
    equal(s.call("PutRecord", StreamName=name, PartitionKey="k", Data=b"x")["EncryptionType"], "KMS")
    equal([record["EncryptionType"] for record in s.read(name)], ["KMS"])
    error = s.refused("StopStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId="alias/other")
    equal(error.kind, "InvalidArgumentException")
    error = s.refused("StartStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId="no key")
    equal(error.kind, "KMSNotFoundException")
    s.call("StopStreamEncryption", StreamName=name, **key)
    equal(s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["EncryptionType"], "NONE")
    assert not s.call("PutRecord", StreamName=name, PartitionKey="k", Data=b"x").get("EncryptionType")


def a_stream_changes_its_mode_and_keeps_its_shards(s):
    name = s.stream(3)
    for mode in ("ON_DEMAND", "PROVISIONED"):
        s.call("UpdateStreamMode", StreamARN=arn(name), StreamModeDetails={"StreamMode": mode})
        summary = s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
        equal((summary["StreamModeDetails"], summary["OpenShardCount"]), ({"StreamMode": mode}, 3))


def the_largest_record_of_a_stream_is_set(s):
    name = s.stream()
    data = bytes(range(256)) * 8192
    equal(s.refused("PutRecord", StreamName=name, PartitionKey="k", Data=data).kind, "ValidationException")
    s.call("UpdateMaxRecordSize", StreamARN=arn(name), MaxRecordSizeInKiB=2048)
    equal(s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["MaxRecordSizeInKiB"], 2048)
    s.call("PutRecord", StreamName=name, PartitionKey="k", Data=data)
    equal([record["Data"] for record in s.read(name)], [data])


def an_account_commits_itself_and_warms_its_stream(s):
    s.made += 1
    name = "%s-%d" % (s.prefix, s.made)
    s.call("CreateStream", StreamName=name)
    settings = s.call("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": "ENABLED"})
    equal(settings["MinimumThroughputBillingCommitment"]["Status"], "ENABLED")
    equal(s.call("DescribeAccountSettings"), settings)
    warm = s.call("UpdateStreamWarmThroughput", StreamName=name, WarmThroughputMiBps=12)
    equal((warm["StreamName"], warm["StreamARN"], warm["WarmThroughput"]), (name, arn(name), {"TargetMiBps": 12, "CurrentMiBps": 0}))
    summary = s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    equal(summary["WarmThroughput"], {"TargetMiBps": 12, "CurrentMiBps": 12})
    settings = s.call("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": "DISABLED"})
    equal(settings["MinimumThroughputBillingCommitment"]["Status"], "ENABLED_UNTIL_EARLIEST_ALLOWED_END")
