import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkClient;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallingType;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.core.traits.MapTrait;
import software.amazon.awssdk.core.util.SdkAutoConstructList;
import software.amazon.awssdk.core.util.SdkAutoConstructMap;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.protocols.jsoncore.JsonNodeParser;
import software.amazon.awssdk.protocols.jsoncore.JsonWriter;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClientBuilder;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.KinesisRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.utils.builder.SdkBuilder;

/**
 * The AWS SDK for Java v2 as a driver; drivers.py describes the lines. The SDK speaks CBOR.
 *
 *     Driver sync          the blocking client, HTTP/1.1
 *     Driver async         the asynchronous client as it is: Netty, HTTP/2
 *     Driver async-http1   the same over HTTP/1.1
 *
 * Requests and answers are walked by the SDK's own description of their fields.
 */
public final class Driver {
    private static final JsonNodeParser PARSER = JsonNode.parser();

    private final SdkClient client;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Subscription> subscriptions = Collections.synchronizedList(new ArrayList<>()); // a number is a place here

    private Driver(SdkClient client) {
        this.client = client;
    }

    private static SdkClient client(String kind) {
        if (kind.equals("sync")) {
            return KinesisClient.create();
        }
        KinesisAsyncClientBuilder builder = KinesisAsyncClient.builder();
        if (kind.equals("async-http1")) {
            builder.httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1));
        }
        return builder.build();
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream answers = new PrintStream(new FileOutputStream(FileDescriptor.out), true, "UTF-8");
        Driver driver = new Driver(client(arguments[0]));
        answers.println(text(Map.of("ready", VersionInfo.SDK_VERSION + ", Java " + System.getProperty("java.version"))));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode request = PARSER.parse(line);
            answers.println(text(request.isArray() ? driver.answers(request.asArray()) : driver.answer(request)));
        }
        driver.threads.shutdown();
        driver.client.close();
    }

    /** All at the same time: one thread a call, which the asynchronous client multiplexes as it likes. */
    private List<Map<String, Object>> answers(List<JsonNode> requests) throws Exception {
        List<Map<String, Object>> answers = new ArrayList<>();
        for (Future<Map<String, Object>> answer : threads.invokeAll(
                requests.stream().map(request -> (Callable<Map<String, Object>>) () -> answer(request)).toList())) {
            answers.add(answer.get());
        }
        return answers;
    }

    private Map<String, Object> answer(JsonNode request) {
        try {
            Map<String, JsonNode> members = request.asObject();
            return Map.of("output", perform(members.get("operation").asString(), members.get("input")));
        } catch (AwsServiceException fault) {
            Map<String, Object> error = new LinkedHashMap<>();
            error.put("code", fault.awsErrorDetails().errorCode());
            error.put("message", fault.awsErrorDetails().errorMessage());
            if (fault.statusCode() > 0) { // none in an event stream
                error.put("status", fault.statusCode());
            }
            return Map.of("error", error);
        } catch (Throwable failure) {
            return Map.of("failure", failure.toString());
        }
    }

    private Object perform(String operation, JsonNode input) throws Throwable {
        switch (operation) {
            case "SubscribeToShard":
                subscriptions.add(new Subscription((KinesisAsyncClient) client, (SubscribeToShardRequest) request(operation, input)));
                return Map.of("Subscription", subscriptions.size() - 1);
            case "NextEvent":
                SubscribeToShardEvent event = subscription(input).next();
                return event == null ? Map.of() : Map.of("SubscribeToShardEvent", toLine(event));
            case "Unsubscribe":
                subscription(input).close();
                return Map.of();
            default:
                return toLine((SdkPojo) call(operation, request(operation, input)));
        }
    }

    private Subscription subscription(JsonNode input) {
        return subscriptions.get(Integer.parseInt(input.asObject().get("Subscription").asNumber()));
    }

    private static Object request(String operation, JsonNode input) throws ReflectiveOperationException {
        Class<?> type = Class.forName(KinesisRequest.class.getPackageName() + "." + operation + "Request");
        return fromLine((SdkPojo) type.getMethod("builder").invoke(null), input);
    }

    private Object call(String operation, Object request) throws Throwable {
        String name = Character.toLowerCase(operation.charAt(0)) + operation.substring(1);
        Class<?> clients = client instanceof KinesisClient ? KinesisClient.class : KinesisAsyncClient.class;
        Method method = clients.getMethod(name, request.getClass());
        try {
            Object answer = method.invoke(client, request);
            return answer instanceof CompletableFuture<?> future ? future.join() : answer;
        } catch (InvocationTargetException | CompletionException wrapped) {
            throw wrapped.getCause();
        }
    }

    /** Fills a builder and builds. */
    private static Object fromLine(SdkPojo builder, JsonNode members) {
        Map<String, SdkField<?>> fields = fields(builder);
        members.asObject().forEach((name, value) -> {
            if (!fields.containsKey(name)) {
                throw new IllegalArgumentException("the SDK has no member " + name);
            }
            fields.get(name).set(builder, fromLine(fields.get(name), value));
        });
        return ((SdkBuilder<?, ?>) builder).build();
    }

    private static Object fromLine(SdkField<?> field, JsonNode value) {
        MarshallingType<?> type = field.marshallingType();
        if (type == MarshallingType.STRING) {
            return value.asString();
        } else if (type == MarshallingType.INTEGER) {
            return Integer.valueOf(value.asNumber());
        } else if (type == MarshallingType.LONG) {
            return Long.valueOf(value.asNumber());
        } else if (type == MarshallingType.BOOLEAN) {
            return value.asBoolean();
        } else if (type == MarshallingType.INSTANT) {
            return Instant.ofEpochMilli(Long.parseLong(value.asNumber()));
        } else if (type == MarshallingType.SDK_BYTES) {
            return SdkBytes.fromByteArray(java.util.Base64.getDecoder().decode(value.asString()));
        } else if (type == MarshallingType.SDK_POJO) {
            return fromLine(field.constructor().get(), value);
        } else if (type == MarshallingType.LIST) {
            List<Object> items = new ArrayList<>();
            value.asArray().forEach(item -> items.add(fromLine(field.getTrait(ListTrait.class).memberFieldInfo(), item)));
            return items;
        } else if (type == MarshallingType.MAP) {
            Map<String, Object> entries = new LinkedHashMap<>();
            value.asObject().forEach((key, item) -> entries.put(key, fromLine(field.getTrait(MapTrait.class).valueFieldInfo(), item)));
            return entries;
        }
        throw new IllegalArgumentException("no way to set " + field.memberName());
    }

    /** What the answer has; members that were absent are left out. */
    private static Map<String, Object> toLine(SdkPojo pojo) {
        Map<String, Object> members = new LinkedHashMap<>();
        fields(pojo).forEach((name, field) -> {
            Object value = field.getValueOrDefault(pojo);
            if (value != null && !(value instanceof SdkAutoConstructList) && !(value instanceof SdkAutoConstructMap)) {
                members.put(name, toLine(value));
            }
        });
        return members;
    }

    private static Object toLine(Object value) {
        if (value instanceof SdkPojo pojo) {
            return toLine(pojo);
        } else if (value instanceof List<?> list) {
            return list.stream().map(Driver::toLine).toList();
        } else if (value instanceof SdkBytes bytes) {
            return java.util.Base64.getEncoder().encodeToString(bytes.asByteArrayUnsafe());
        } else if (value instanceof Instant instant) {
            return instant.toEpochMilli();
        }
        return value;
    }

    /** By the names that the API uses. */
    private static Map<String, SdkField<?>> fields(SdkPojo pojo) {
        Map<String, SdkField<?>> fields = new LinkedHashMap<>();
        pojo.sdkFields().forEach(field -> fields.put(field.memberName(), field));
        return fields;
    }

    private static String text(Object value) {
        JsonWriter writer = JsonWriter.create();
        write(writer, value);
        return new String(writer.getBytes(), StandardCharsets.UTF_8);
    }

    private static void write(JsonWriter writer, Object value) {
        if (value instanceof Map<?, ?> map) {
            writer.writeStartObject();
            map.forEach((name, item) -> {
                writer.writeFieldName(name.toString());
                write(writer, item);
            });
            writer.writeEndObject();
        } else if (value instanceof List<?> list) {
            writer.writeStartArray();
            list.forEach(item -> write(writer, item));
            writer.writeEndArray();
        } else if (value instanceof Boolean flag) {
            writer.writeValue(flag.booleanValue());
        } else if (value instanceof Number number) {
            writer.writeValue(number.longValue());
        } else if (value == null) {
            writer.writeNull();
        } else {
            writer.writeValue(value.toString());
        }
    }
}
