"""Refusals that many operations share, in the words of the service."""
from shapes import Refused
from stream import ACCOUNT, shard_id

DRY_RUN = ("DryRunOperationException", "Request would have succeeded, but DryRun flag is set.")


def invalid(message):
    return Refused("InvalidArgumentException", message)


def not_active(stream):
    return Refused("ResourceInUseException", "Stream %s under account %s not ACTIVE, instead in state %s" % (
        stream.name, ACCOUNT, stream.status))


def not_found(name, account=ACCOUNT):
    return Refused("ResourceNotFoundException", "Stream %s under account %s not found." % (name, account))


def no_consumer(name, account):
    return Refused("ResourceNotFoundException", "Consumer %s, account %s not found." % (name, account))


def provisioned(name):
    return invalid("WarmThroughputMiBps is only supported for on-demand streams. Stream %s is using PROVISIONED mode." % name)


def gone(index, name, account):
    return Refused("ResourceNotFoundException", "Shard %s in stream %s under account %s does not exist" % (
        shard_id(index), name, account))
