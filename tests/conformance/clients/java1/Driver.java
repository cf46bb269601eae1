import com.amazonaws.AmazonServiceException;
import com.amazonaws.ClientConfiguration;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.kinesis.AmazonKinesis;
import com.amazonaws.services.kinesis.AmazonKinesisClientBuilder;
import com.amazonaws.services.kinesis.model.PutRecordRequest;
import com.amazonaws.util.VersionInfoUtils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The AWS SDK for Java v1 as a driver; drivers.py describes the lines. The SDK speaks CBOR over HTTP/1.1.
 *
 * Requests and answers are beans: a member X is what setX takes and getX gives.
 */
public final class Driver {
    private static final String MODEL = PutRecordRequest.class.getPackageName();
    private static final Set<String> NOT_OF_THE_API = Set.of("SdkResponseMetadata", "SdkHttpMetadata", "Class");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final AmazonKinesis client;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private Driver(AmazonKinesis client) {
        this.client = client;
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream answers = new PrintStream(new FileOutputStream(FileDescriptor.out), true, "UTF-8");
        Driver driver = new Driver(AmazonKinesisClientBuilder.standard()
            .withEndpointConfiguration(new EndpointConfiguration(System.getenv("AWS_ENDPOINT_URL_KINESIS"), System.getenv("AWS_REGION")))
            .withClientConfiguration(new ClientConfiguration().withMaxErrorRetry(2))
            .build());
        answers.println(JSON.writeValueAsString(
            Map.of("ready", VersionInfoUtils.getVersion() + ", Java " + System.getProperty("java.version"))));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode request = JSON.readTree(line);
            answers.println(JSON.writeValueAsString(request.isArray() ? driver.answers(request) : driver.answer(request)));
        }
        driver.threads.shutdown();
        driver.client.shutdown();
    }

    /** All at the same time: one thread a call. */
    private List<Map<String, Object>> answers(JsonNode requests) throws Exception {
        List<Callable<Map<String, Object>>> calls = new ArrayList<>();
        requests.forEach(request -> calls.add(() -> answer(request)));
        List<Map<String, Object>> answers = new ArrayList<>();
        for (Future<Map<String, Object>> answer : threads.invokeAll(calls)) {
            answers.add(answer.get());
        }
        return answers;
    }

    private Map<String, Object> answer(JsonNode request) {
        try {
            return Map.of("output", toLine(call(request.get("operation").asText(), request.get("input"))));
        } catch (AmazonServiceException fault) {
            Map<String, Object> error = new LinkedHashMap<>();
            error.put("code", fault.getErrorCode());
            error.put("message", fault.getErrorMessage());
            error.put("status", fault.getStatusCode());
            return Map.of("error", error);
        } catch (Throwable failure) {
            return Map.of("failure", failure.toString());
        }
    }

    private Object call(String operation, JsonNode input) throws Throwable {
        Class<?> type = Class.forName(MODEL + "." + operation + "Request");
        String name = Character.toLowerCase(operation.charAt(0)) + operation.substring(1);
        try {
            return AmazonKinesis.class.getMethod(name, type).invoke(client, fromLine(type, input));
        } catch (InvocationTargetException wrapped) {
            throw wrapped.getCause();
        }
    }

    private static Object fromLine(Type type, JsonNode value) throws ReflectiveOperationException {
        if (type == String.class) {
            return value.asText();
        } else if (type == Integer.class) {
            return value.asInt();
        } else if (type == Long.class) {
            return value.asLong();
        } else if (type == Boolean.class) {
            return value.asBoolean();
        } else if (type == Date.class) {
            return new Date(value.asLong());
        } else if (type == ByteBuffer.class) {
            return ByteBuffer.wrap(java.util.Base64.getDecoder().decode(value.asText()));
        } else if (type instanceof ParameterizedType generic && value.isArray()) {
            List<Object> items = new ArrayList<>();
            for (JsonNode item : value) {
                items.add(fromLine(generic.getActualTypeArguments()[0], item));
            }
            return items;
        } else if (type instanceof ParameterizedType generic) {
            Map<String, Object> entries = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> entry : value.properties()) {
                entries.put(entry.getKey(), fromLine(generic.getActualTypeArguments()[1], entry.getValue()));
            }
            return entries;
        }
        Object bean = ((Class<?>) type).getConstructor().newInstance();
        for (Map.Entry<String, JsonNode> member : value.properties()) {
            Method setter = setter((Class<?>) type, member.getKey());
            setter.invoke(bean, fromLine(setter.getGenericParameterTypes()[0], member.getValue()));
        }
        return bean;
    }

    /** Enumerations have a setter for their text beside the one for the constant. */
    private static Method setter(Class<?> bean, String member) {
        for (Method method : bean.getMethods()) {
            if (method.getName().equals("set" + member) && !method.getParameterTypes()[0].isEnum()) {
                return method;
            }
        }
        throw new IllegalArgumentException("the SDK has no member " + member + " in " + bean.getSimpleName());
    }

    private static Object toLine(Object value) throws ReflectiveOperationException {
        if (value instanceof List<?> list) {
            List<Object> items = new ArrayList<>();
            for (Object item : list) {
                items.add(toLine(item));
            }
            return items;
        } else if (value instanceof ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.duplicate().get(copy);
            return java.util.Base64.getEncoder().encodeToString(copy);
        } else if (value instanceof Date date) {
            return date.getTime();
        } else if (!value.getClass().getName().startsWith(MODEL)) {
            return value;
        }
        Map<String, Object> members = new LinkedHashMap<>();
        for (Method method : value.getClass().getMethods()) {
            String member = method.getName().startsWith("get") ? method.getName().substring(3) : "";
            Object got = member.isEmpty() || method.getParameterCount() > 0 || NOT_OF_THE_API.contains(member) ? null : method.invoke(value);
            if (got != null) {
                members.put(member, toLine(got));
            }
        }
        return members;
    }
}
