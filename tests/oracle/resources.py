"""What hangs on a stream, in the model: consumers, tags, policies."""
import json

from answers import Fresh
from refusals import invalid, no_consumer, not_active, not_found
from shapes import Refused
from stream import ACCOUNT, Consumer, Listing


def listed_tags(tagged):
    return [{"Key": key, "Value": tagged.tags[key]} for key in sorted(tagged.tags, key=lambda key: key.encode("utf-8"))]


class Resources:
    # ---- consumers ----

    def register_stream_consumer(self, request, _):
        stream, name, tags = self.stream(request), request["ConsumerName"], request.get("Tags", {})
        self.check_tags("add", "consumer", name, tags)
        self.check_tag_count("consumer", name, tags)
        if name in stream.consumers:
            raise Refused("ResourceInUseException", "Consumer %s under stream %s already exists." % (name, stream.name))
        self.check_active(stream)
        if len(stream.consumers) >= self.consumers_max:
            raise Refused("LimitExceededException", "This request would exceed the limit on the number of consumers for stream %s "
                          "under account %s. Limit: %d." % (stream.name, ACCOUNT, self.consumers_max))
        if sum(one.status == "CREATING" for one in stream.consumers.values()) >= self.creating_max:
            raise Refused("LimitExceededException", "This request would exceed the limit on the number of consumers that can "
                          "simultaneously be in CREATING for stream %s under account %s. Limit: %d." % (
                              stream.name, ACCOUNT, self.creating_max))
        consumer = stream.consumers[name] = Consumer(name, stream, self.now, dict(tags))
        self.begin(consumer, "CREATING", lambda: None)
        return {"Consumer": consumer.described("CREATING")}

    def consumer(self, request):
        """(stream, consumer) by the consumer's ARN, or the stream's and a name, or all three."""
        arn, stream_arn, name = (request.get(member) for member in ("ConsumerARN", "StreamARN", "ConsumerName"))
        if arn is None and (stream_arn is None or name is None):
            raise invalid("Either ConsumerARN or both StreamARN and ConsumerName should be provided.")
        if arn is None:
            stream, account = self.stream(request), ACCOUNT
            found = stream.consumers.get(name)
        else:
            of, named = arn.split("/consumer/")
            if stream_arn not in (None, of) or name not in (None, named.rpartition(":")[0]):
                raise invalid("StreamARN, ConsumerName and ConsumerARN do not name the same consumer.")
            name, account = named.rpartition(":")[0], arn.split(":")[4]
            stream = next((stream for stream in self.streams.values() if stream.arn == of), None)
            found = next((one for one in stream.consumers.values() if one.arn == arn), None) if stream else None
        if not found:
            raise no_consumer(name, account)
        return stream, found

    def describe_stream_consumer(self, request, _):
        stream, consumer = self.consumer(request)
        return {"ConsumerDescription": {**consumer.described(), "StreamARN": stream.arn}}

    def deregister_stream_consumer(self, request, _):
        stream, consumer = self.consumer(request)
        self.begin(consumer, "DELETING", lambda: stream.consumers.pop(consumer.name, None))

    def list_stream_consumers(self, request, _):
        stream, after = self.stream(request), ""
        self.check_creation(request, stream)
        if "NextToken" in request:
            listing = self.opened(request["NextToken"], "consumers")
            if listing.stream is not stream:
                raise invalid("Invalid NextToken.")
            after = listing.after
        if stream.status == "CREATING":
            raise not_active(stream)
        names = sorted(name for name in stream.consumers if name > after)
        limit = min(request.get("MaxResults", 100), 100)
        made = {"Consumers": [stream.consumers[name].described() for name in names[:limit]]}
        if len(names) > limit:
            made["NextToken"] = Fresh(self.tokens, Listing("consumers", self.now, names[limit - 1], stream))
        return made

    # ---- tags ----

    def check_tags(self, verb, what, name, tags):
        """`what` is stream or consumer; `tags` may be a list of keys."""
        texts = list(tags) + (list(tags.values()) if isinstance(tags, dict) else [])
        failed = "Failed to %s tags %s %s %s under account %s because " % (
            verb, "to" if verb == "add" else "from", what, name, ACCOUNT)
        if any(not (c.isalpha() or c.isdigit() or c in " _./=+-%@:") for text in texts for c in text):
            raise invalid("Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, "
                          "_ . / = + - % @.")
        if any("%" in text for text in texts):
            raise invalid(failed + "some tags contained illegal characters. The allowed characters are Unicode letters, "
                          "white-spaces, '_',',','/','=','+','-','@'.")
        if verb == "add" and any(key.lower().startswith("aws:") for key in tags):
            raise invalid(failed + "tag keys that begin with aws: are reserved.")

    def check_tag_count(self, what, name, tags):
        if len(tags) > self.tags_max:
            raise invalid("Failed to add tags to %s %s under account %s because a given %s cannot have more than %d tags "
                          "associated with it." % (what, name, ACCOUNT, what, self.tags_max))

    def resource(self, request):
        """(stream or consumer, which of the two) by its ARN."""
        arn = request["ResourceARN"]
        of, _, named = arn.partition("/consumer/")
        stream = next((stream for stream in self.streams.values() if stream.arn == of), None)
        if not stream:
            raise not_found(arn, arn.split(":")[4])
        if not named:
            return stream, "stream", stream
        found = next((one for one in stream.consumers.values() if one.arn == arn), None)
        if not found:
            raise no_consumer(named.rpartition(":")[0], arn.split(":")[4])
        return found, "consumer", stream

    def check_resource_active(self, resource, what, stream):
        if what == "stream":
            self.check_active(stream)
        elif resource.status != "ACTIVE":
            raise Refused("ResourceInUseException", "Consumer %s with creation timestamp %d under stream %s and account %s is not in "
                          "ACTIVE status." % (resource.name, resource.created_s, stream.name, ACCOUNT))

    def add_tags(self, tagged, what, stream, added):
        self.check_tags("add", what, tagged.name, added)
        self.check_resource_active(tagged, what, stream)
        tags = {**tagged.tags, **added}
        self.check_tag_count(what, tagged.name, tags)
        tagged.tags = tags

    def remove_tags(self, tagged, what, stream, keys):
        self.check_tags("remove", what, tagged.name, keys)
        self.check_resource_active(tagged, what, stream)
        tagged.tags = {key: value for key, value in tagged.tags.items() if key not in keys}

    def add_tags_to_stream(self, request, _):
        stream = self.stream(request)
        self.add_tags(stream, "stream", stream, request["Tags"])

    def remove_tags_from_stream(self, request, _):
        stream = self.stream(request)
        self.remove_tags(stream, "stream", stream, request["TagKeys"])

    def tag_resource(self, request, _):
        self.add_tags(*self.resource(request), request["Tags"])

    def untag_resource(self, request, _):
        self.remove_tags(*self.resource(request), request["TagKeys"])

    def list_tags_for_resource(self, request, _):
        return {"Tags": listed_tags(self.resource(request)[0])}

    def list_tags_for_stream(self, request, _):
        stream, after = self.stream(request), request.get("ExclusiveStartTagKey", "").encode("utf-8")
        tags = [tag for tag in listed_tags(stream) if tag["Key"].encode("utf-8") > after]
        limit = request.get("Limit", 50)
        return {"Tags": tags[:limit], "HasMoreTags": len(tags) > limit}

    # ---- policies ----

    def put_resource_policy(self, request, _):
        resource, what, stream = self.resource(request)
        try:
            if not isinstance(json.loads(request["Policy"]), dict):
                raise ValueError
        except ValueError as error:
            raise invalid("The policy is not a valid JSON object.") from error
        self.check_resource_active(resource, what, stream)
        resource.policy = request["Policy"]

    def get_resource_policy(self, request, _):
        return {"Policy": self.resource(request)[0].policy or "{}"}

    def delete_resource_policy(self, request, _):
        resource, what, stream = self.resource(request)
        self.check_resource_active(resource, what, stream)
        if not resource.policy:
            raise Refused("ResourceNotFoundException", "No resource policy found for resource ARN %s." % request["ResourceARN"])
        resource.policy = None
