"""The service as a whole: constraints, dry runs, a restart."""
from .session import equal


def constraints_are_refused_in_the_services_words(s):
    error = s.refused("PutRecord", StreamName="bad name!", PartitionKey="a", Data=b"x")
    equal(str(error), "ValidationException: 1 validation error detected: Value 'bad name!' at 'streamName' failed to satisfy constraint: "
          "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")


def a_dry_run_goes_through_all_checks_and_acts_on_nothing(s):
    name = s.stream()
    put = {"PartitionKey": "a", "Data": b"x"}
    for operation, members in (("PutRecord", put), ("PutRecords", {"Records": [put]}),
                               ("GetShardIterator", {"ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"})):
        error = s.refused(operation, StreamName=name, DryRun=True, **members)
        equal(str(error), "DryRunOperationException: Request would have succeeded, but DryRun flag is set.")
        equal(s.refused(operation, StreamName="nowhere", DryRun=True, **members).kind, "ResourceNotFoundException")
    error = s.refused("GetRecords", ShardIterator=s.iterator(name), DryRun=True)
    equal(error.kind, "DryRunOperationException")
    equal(s.read(name), [])


def a_restart_changes_nothing(s):
    name = s.stream(2)
    put = [s.call("PutRecord", StreamName=name, PartitionKey="k%d" % i, Data=b"%d" % i) for i in range(20)]
    s.call("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=100)
    s.call("AddTagsToStream", StreamName=name, Tags={"kept": "yes"})
    before = s.call("DescribeStream", StreamName=name)["StreamDescription"]
    iterators = [s.iterator(name, shard) for shard in range(2)]
    s.server.restart()
    equal(s.call_again("DescribeStream", StreamName=name)["StreamDescription"], before)
    equal(s.call("ListTagsForStream", StreamName=name)["Tags"], [{"Key": "kept", "Value": "yes"}])
    found = [r for iterator in iterators for r in s.call("GetRecords", ShardIterator=iterator)["Records"]]
    equal(sorted(r["SequenceNumber"] for r in found), sorted(p["SequenceNumber"] for p in put))
    later = s.call("PutRecord", StreamName=name, PartitionKey="k0", Data=b"later")
    assert int(later["SequenceNumber"]) > int(put[0]["SequenceNumber"])
