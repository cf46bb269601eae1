"""Shards split, merge and change in number: lineage, where records go, what readers see."""
from .session import ACCOUNT, HASH_KEY_MAX, arn, equal, shard_id

HALF = 2 ** 127


def lineage(shard):
    """(id, first hash key, last, parent, adjacent parent, whether open)"""
    keys = shard["HashKeyRange"]
    return (shard["ShardId"], int(keys["StartingHashKey"]), int(keys["EndingHashKey"]), shard.get("ParentShardId"),
            shard.get("AdjacentParentShardId"), "EndingSequenceNumber" not in shard["SequenceNumberRange"])


def shards_of(s, name):
    return s.call("ListShards", StreamName=name)["Shards"]


def end_of(s, name, shard, kind="TRIM_HORIZON"):
    """What is read up to the end of a closed shard, and the last page."""
    records, iterator = [], s.iterator(name, shard, kind)
    while iterator:
        page = s.call("GetRecords", ShardIterator=iterator)
        records += [record["Data"] for record in page["Records"]]
        iterator = page.get("NextShardIterator")
        assert (iterator is None) == ("ChildShards" in page), "one of the two: %r" % page
    return records, page


def a_split_closes_its_parent_and_opens_two_children(s):
    name = s.stream(2)
    put = s.call("PutRecord", StreamName=name, PartitionKey="a", ExplicitHashKey=str(HALF), Data=b"parent")
    equal(s.call("SplitShard", StreamName=name, ShardToSplit=shard_id(1), NewStartingHashKey=str(3 * HALF // 2)), {})
    shards = shards_of(s, name)
    equal([lineage(shard) for shard in shards],
          [(shard_id(0), 0, HALF - 1, None, None, True), (shard_id(1), HALF, HASH_KEY_MAX, None, None, False),
           (shard_id(2), HALF, 3 * HALF // 2 - 1, shard_id(1), None, True),
           (shard_id(3), 3 * HALF // 2, HASH_KEY_MAX, shard_id(1), None, True)])
    equal(s.call("DescribeStream", StreamName=name)["StreamDescription"]["Shards"], shards)
    equal(s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["OpenShardCount"], 3)
    end = int(shards[1]["SequenceNumberRange"]["EndingSequenceNumber"])
    assert int(put["SequenceNumber"]) < end
    for child in shards[2:]:
        assert int(child["SequenceNumberRange"]["StartingSequenceNumber"]) > end
    later = s.call("PutRecord", StreamName=name, PartitionKey="a", ExplicitHashKey=str(HALF), Data=b"child",
                   SequenceNumberForOrdering=put["SequenceNumber"])
    equal(later["ShardId"], shard_id(2))


def a_merge_closes_both_parents_and_opens_their_union(s):
    name = s.stream(3)
    equal(s.call("MergeShards", StreamName=name, ShardToMerge=shard_id(1), AdjacentShardToMerge=shard_id(2)), {})
    shards = shards_of(s, name)
    first = 2 ** 128 // 3
    equal(lineage(shards[3]), (shard_id(3), first, HASH_KEY_MAX, shard_id(1), shard_id(2), True))
    equal([lineage(shard)[5] for shard in shards], [True, False, False, True])
    put = s.call("PutRecord", StreamName=name, PartitionKey="a", ExplicitHashKey=str(HASH_KEY_MAX), Data=b"x")
    equal(put["ShardId"], shard_id(3))


def a_change_of_the_shard_count_answers_with_both_counts(s):
    name = s.stream(2)
    equal(s.call("UpdateShardCount", StreamName=name, TargetShardCount=3, ScalingType="UNIFORM_SCALING"),
          {"StreamName": name, "StreamARN": arn(name), "CurrentShardCount": 2, "TargetShardCount": 3})


def another_shard_count_is_reached_in_even_parts(s):
    name = s.stream(2)
    s.call("UpdateShardCount", StreamName=name, TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    equal([lineage(shard)[1:] for shard in shards_of(s, name) if lineage(shard)[5]],
          [(i * HALF // 2, (i + 1) * HALF // 2 - 1, shard_id(i // 2), None, True) for i in range(4)])
    s.call("UpdateShardCount", StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    equal([lineage(shard)[1:3] for shard in shards_of(s, name) if lineage(shard)[5]], [(0, HALF - 1), (HALF, HASH_KEY_MAX)])


def the_end_of_a_closed_shard_names_its_children(s):
    name = s.stream()
    for i in range(3):
        s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"%d" % i)
    before = s.iterator(name, 0, "LATEST")
    s.call("SplitShard", StreamName=name, ShardToSplit=shard_id(0), NewStartingHashKey=str(HALF))
    records, page = end_of(s, name, 0)
    equal(records, [b"0", b"1", b"2"])
    equal(page["MillisBehindLatest"], 0)
    equal(page["ChildShards"], [{"ShardId": shard_id(1), "ParentShards": [shard_id(0)],
                                 "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(HALF - 1)}},
                                {"ShardId": shard_id(2), "ParentShards": [shard_id(0)],
                                 "HashKeyRange": {"StartingHashKey": str(HALF), "EndingHashKey": str(HASH_KEY_MAX)}}])
    equal(s.call("GetRecords", ShardIterator=before)["ChildShards"], page["ChildShards"])
    latest = s.call("GetRecords", ShardIterator=s.iterator(name, 0, "LATEST"))
    equal((latest["Records"], "NextShardIterator" in latest, latest["ChildShards"]), ([], False, page["ChildShards"]))
    s.call("MergeShards", StreamName=name, ShardToMerge=shard_id(1), AdjacentShardToMerge=shard_id(2))
    equal(end_of(s, name, 2)[1]["ChildShards"], [{"ShardId": shard_id(3), "ParentShards": [shard_id(1), shard_id(2)],
                                                  "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(HASH_KEY_MAX)}}])


def shards_that_cannot_change_are_refused_in_the_services_words(s):
    name = s.stream(3)
    error = s.refused("MergeShards", StreamName=name, ShardToMerge=shard_id(0), AdjacentShardToMerge=shard_id(2))
    equal(str(error), "InvalidArgumentException: Shards %s and %s in stream %s under account %s are not an adjacent pair of shards "
          "eligible for merging" % (shard_id(0), shard_id(2), name, ACCOUNT))
    error = s.refused("SplitShard", StreamName=name, ShardToSplit=shard_id(0), NewStartingHashKey=str(HASH_KEY_MAX))
    equal(str(error), "InvalidArgumentException: NewStartingHashKey %d used in SplitShard() on shard %s in stream %s under account %s "
          "is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey %d."
          % (HASH_KEY_MAX, shard_id(0), name, ACCOUNT, 2 ** 128 // 3 - 1))
    error = s.refused("SplitShard", StreamName=name, ShardToSplit=shard_id(7), NewStartingHashKey="5")
    equal(str(error), "ResourceNotFoundException: Could not find shard %s in stream %s under account %s." % (shard_id(7), name, ACCOUNT))
    s.call("SplitShard", StreamName=name, ShardToSplit=shard_id(0), NewStartingHashKey="5")
    error = s.refused("SplitShard", StreamName=name, ShardToSplit=shard_id(0), NewStartingHashKey="5")
    equal(str(error), "InvalidArgumentException: Shard %s in stream %s under account %s has already been merged or split, and thus is "
          "not eligible for merging or splitting." % (shard_id(0), name, ACCOUNT))


def an_on_demand_stream_keeps_its_shards_to_itself(s):
    name = s.prefix
    s.call("CreateStream", StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    for operation, members in (("SplitShard", {"ShardToSplit": shard_id(0), "NewStartingHashKey": "5"}),
                               ("MergeShards", {"ShardToMerge": shard_id(0), "AdjacentShardToMerge": shard_id(1)}),
                               ("UpdateShardCount", {"TargetShardCount": 8, "ScalingType": "UNIFORM_SCALING"})):
        error = s.refused(operation, StreamName=name, **members)
        equal(str(error), "ValidationException: Request is invalid. Stream %s under account %s is in On-Demand mode." % (name, ACCOUNT))


def a_stream_is_updating_while_its_shards_change(s):
    name = s.stream()
    with s.served_with("--transition-delay", "60s"):
        s.call_again("DescribeStream", StreamName=name)
        s.call("UpdateShardCount", StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
        described = s.call("DescribeStream", StreamName=name)["StreamDescription"]
        equal((described["StreamStatus"], [lineage(shard)[5] for shard in described["Shards"]]), ("UPDATING", [True]))
        equal(s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"x")["ShardId"], shard_id(0))
        error = s.refused("SplitShard", StreamName=name, ShardToSplit=shard_id(0), NewStartingHashKey="5")
        equal(str(error), "ResourceInUseException: Stream %s under account %s not ACTIVE, instead in state UPDATING" % (name, ACCOUNT))
    s.call_again("DeleteStream", StreamName=name)
