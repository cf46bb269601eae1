import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.reactivestreams.Subscriber;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** What SubscribeToShard pushes, asked for one event after the other. */
final class Subscription implements SubscribeToShardResponseHandler, Subscriber<SubscribeToShardEventStream> {
    private static final Object END = new Object();

    private final BlockingQueue<Object> arrived = new LinkedBlockingQueue<>(); // events, then END or what went wrong
    private final CompletableFuture<Void> accepted = new CompletableFuture<>();
    private volatile org.reactivestreams.Subscription source;

    /** Waits until the API accepts or refuses. */
    Subscription(KinesisAsyncClient client, SubscribeToShardRequest request) throws Throwable {
        client.subscribeToShard(request, this).whenComplete((nothing, failure) -> {
            if (failure != null) {
                accepted.completeExceptionally(failure);
            }
        });
        try {
            accepted.join();
        } catch (CompletionException wrapped) {
            throw wrapped.getCause();
        }
    }

    /** Null at the end; what ended the stream otherwise is thrown. */
    SubscribeToShardEvent next() throws Throwable {
        Object next = arrived.take();
        if (next instanceof SubscribeToShardEvent event) {
            return event;
        }
        arrived.add(next); // an end stays one
        if (next != END) {
            throw next instanceof Throwable failure ? failure : new IllegalStateException("an event of another type: " + next);
        }
        return null;
    }

    void close() {
        source.cancel();
    }

    @Override
    public void responseReceived(SubscribeToShardResponse response) {
    }

    @Override
    public void onEventStream(SdkPublisher<SubscribeToShardEventStream> events) {
        events.subscribe(this);
    }

    @Override
    public void exceptionOccurred(Throwable failure) {
        arrived.add(failure instanceof CompletionException wrapped ? wrapped.getCause() : failure);
    }

    @Override
    public void complete() {
        arrived.add(END);
    }

    @Override
    public void onSubscribe(org.reactivestreams.Subscription subscription) {
        source = subscription;
        accepted.complete(null);
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(SubscribeToShardEventStream event) {
        arrived.add(event);
    }

    @Override
    public void onError(Throwable failure) {
    }

    @Override
    public void onComplete() {
    }
}
