#!/usr/bin/python3
"""Planted mistakes: the model test must find each of them, or it is worth nothing.

    plants.py [NAME...] [--seeds 20] [--operations 1000]

A plant is one change of the server's source, made in a copy of one file; the changed file is compiled in place of the
room's own, everything else is the server as it is. Each plant's server then runs seeds of the model test until an answer
disagrees. One that survives all seeds is a failure, and so is one whose text is no longer in its room, once: whoever
changes that line changes the plant with it.
"""
import argparse
import collections
import glob
import multiprocessing
import os
import subprocess
import sys

import model_test
from driver import BUILD, ROOT, build_layer

Plant = collections.namedtuple("Plant", "name room right wrong")
PLANTS = [Plant(*row) for row in (
    ("after-a-number-gives-the-record-itself", "service",
     "if (search->kind == AT_NUMBER && seqno.ix > 0)", "if (seqno.ix > 0)"),
    ("the-first-hash-key-of-a-shard-goes-to-its-neighbour", "control",
     "if (stream->shards[stream->open[middle]].range.start <= key)",
     "if (!key || stream->shards[stream->open[middle]].range.start < key)"),
    ("more-shards-are-not-told-of", "service",
     "out->has_more_shards = (struct rn_number){.value = more, .set = true};",
     "out->has_more_shards = (struct rn_number){.value = more && false, .set = true};"),
    ("a-closed-shard-looks-open", "service",
     "if (shard->closed_ms == 0) {", "if (shard->closed_ms == 0 || shard->index == 0) {"),
    ("a-new-tag-pushes-out-an-old-one", "control",
     "u += order <= 0;", "u += order <= 0 || (u + 1 < under_count && o + 1 == over_count);"),
    ("a-text-lacks-a-letter", "service",
     "Some tags contain invalid characters. Valid characters:", "Some tags contain invalid character. Valid characters:"),
    ("a-reader-is-never-behind", "data",
     "    if (get->at_end) {\n        return 0;", "    if (get->at_end || get->item_count > 0) {\n        return 0;"),
    ("retention-is-forgotten-in-a-snapshot", "control",
     "stream->retention_hours = rn_wire_u32(wire);", "stream->retention_hours = rn_wire_u32(wire) * 0 + 24;"),
    ("the-second-parent-has-no-children", "service",
     "return shard->parent == parent->index || shard->adjacent_parent == parent->index;",
     "return shard->parent == parent->index;"),
    ("iterators-live-a-second-longer", "service",
     "if (now_ms - work->iterator.created_ms <= RN_ITERATOR_LIFE_MS)",
     "if (now_ms - work->iterator.created_ms <= RN_ITERATOR_LIFE_MS + 1000)"),
    ("a-page-forgets-the-filter", "service",
     ".filter = (enum rn_shard_filter)plain[22],", ".filter = (enum rn_shard_filter)(plain[22] * 0),"),
    ("at-a-timestamp-skips-that-instant", "data",
     "item->append_ms >= work->read.not_before_ms &&", "item->append_ms > work->read.not_before_ms &&"),
    ("raised-retention-revives-records", "control",
     "draft.retention_hours = set->hours;", "draft.retention_hours = set->hours;\n    draft.trimmed_ms = 0;"),
    ("a-merge-swaps-its-parents", "model",
     "return add_child(plan, lower.index, upper.index,", "return add_child(plan, upper.index, lower.index,"),
    ("a-child-of-the-same-second-counts-from-it", "control",
     ".created_s = later(next->now_ms / 1000, created_s + 1),", ".created_s = later(next->now_ms / 1000, created_s),"),
    ("a-consumer-of-another-second-will-do", "control",
     "consumer && rn_consumer_created_s(consumer) == arn->consumer_created_s ? consumer : NULL",
     "consumer && rn_consumer_created_s(consumer) >= arn->consumer_created_s ? consumer : NULL"),
    ("a-subscription-resumes-one-record-late", "fanout", ".ix = next,", ".ix = next + 1,"),
    ("two-consumers-share-a-place", "fanout", "return holder && now_us - holder->since_us <",
     "return holder && now_us - holder->since_us < 0 *"),
    ("another-key-forgets-since-when", "control", "if (draft->key_id.len == 0) {\n        draft->encrypted_ms",
     "if (draft->key_id.data) {\n        draft->encrypted_ms"),
    ("one-metric-switches-off-its-neighbours", "control", "(uint8_t)(draft->metrics & ~set->number)",
     "(uint8_t)(draft->metrics & ~(set->number | set->number << 1))"),
    ("latest-is-one-record-early", "data",
     "tip->offset = end > tip->shard->start ? end : tip->shard->start;",
     "tip->offset = end > tip->shard->start ? end - 1 : tip->shard->start;"),
)]


def source_of(plant):
    """The text of the one file of the room that has the plant's line, once; None if there is none."""
    found = []
    for path in glob.glob(os.path.join(ROOT, "src", plant.room, "*.c")):
        with open(path, encoding="utf-8") as file:
            found.append(file.read())
    return next((text for text in found if plant.right in text), None) if sum(text.count(plant.right) for text in found) == 1 else None


def build(plants):
    """Every plant's program; a plant without its place in the source is named."""
    lost, programs = [], []
    for plant in plants:
        folder = os.path.join(BUILD, "plants", plant.name)
        text = source_of(plant)
        if not text:
            lost.append(plant)
            continue
        os.makedirs(os.path.join(ROOT, folder), exist_ok=True)
        changed = os.path.join(ROOT, folder, "changed.c")
        text = text.replace(plant.right, plant.wrong)
        if not os.path.exists(changed) or open(changed, encoding="utf-8").read() != text:
            with open(changed, "w", encoding="utf-8") as file:
                file.write(text)
        programs.append(os.path.join(folder, "runnel"))
    subprocess.run(["make", "-j2", "BUILD=" + BUILD] + programs, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return lost


def search(task):
    """(plant, seed, operations, how it was found); seed None: it survived."""
    plant, seeds, operations = task
    binary = os.path.join(ROOT, BUILD, "plants", plant.name, "runnel")
    for seed in range(1, seeds + 1):
        done, failure, _ = model_test.run_seed(seed, operations, binary)
        if failure:
            return plant, seed, len(done), "%s: %s" % (failure.operation["do"], " ".join(failure.cause.split())[:110])
    return plant, None, seeds * operations, None


def main():
    parser = argparse.ArgumentParser(description="the model test finds planted mistakes")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--operations", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    plants = [plant for plant in PLANTS if not arguments.names or plant.name in arguments.names]
    build_layer()
    lost = build(plants)
    for plant in lost:
        print("FAIL  %s: the line it changes is not in src/%s, or not once" % (plant.name, plant.room))
    failed = len(lost)
    with multiprocessing.Pool(arguments.jobs) as pool:
        tasks = [(plant, arguments.seeds, arguments.operations) for plant in plants if plant not in lost]
        for plant, seed, operations, how in pool.imap_unordered(search, tasks):
            if seed is None:
                failed += 1
                print("FAIL  %s: not found in %d operations" % (plant.name, operations), flush=True)
            else:
                print("ok    %s: seed %d, operation %d, %s" % (plant.name, seed, operations, how), flush=True)
    print("%d passed, %d failed" % (len(plants) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
