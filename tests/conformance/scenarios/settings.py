"""Tags, retention, limits of the account."""
from .session import equal


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
