package dev.attune.dispatcher.send;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.nio.AsyncResponseConsumer;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint answers, as far as it has come: the status, and then the first 16 KB of the body
 * as they are, unpacked never. What is longer ends the exchange.
 */
final class Answer implements AsyncResponseConsumer<Answer> {
  static final int BYTES_MAX = 16 * 1_024;

  private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
  private @Nullable FutureCallback<Answer> onEnd;
  private boolean whole;
  private int status;
  private boolean ofProxy;
  private @Nullable String retryAfter;

  /** The status, or 0 as long as there is none. */
  synchronized int status() {
    return status;
  }

  /** Whether it is the proxy's word, and nothing has reached the endpoint. */
  synchronized boolean isOfProxy() {
    return ofProxy;
  }

  /** The header, as it came. */
  synchronized @Nullable String retryAfter() {
    return retryAfter;
  }

  /** The first bytes of what has come of the body. */
  synchronized byte[] body(int bytesMax) {
    byte[] all = body.toByteArray();
    return all.length <= bytesMax ? all : Arrays.copyOf(all, bytesMax);
  }

  @Override
  public synchronized void consumeResponse(
      HttpResponse response,
      @Nullable EntityDetails entity,
      HttpContext context,
      FutureCallback<Answer> callback) {
    Header header = response.getFirstHeader("Retry-After");
    retryAfter = header == null ? null : header.getValue();
    status = response.getCode();
    ofProxy = !HttpTransport.isConnected(context);
    onEnd = callback;
    whole = entity == null;
  }

  @Override
  public void informationResponse(HttpResponse response, HttpContext context) {
    // Says nothing about the delivery.
  }

  @Override
  public void updateCapacity(CapacityChannel channel) throws IOException {
    channel.update(BYTES_MAX);
  }

  @Override
  public synchronized void consume(ByteBuffer bytes) throws IOException {
    byte[] part = new byte[Math.min(bytes.remaining(), BYTES_MAX - body.size())];
    bytes.get(part);
    body.write(part, 0, part.length);
    if (bytes.hasRemaining()) {
      // Closing alone would read the rest of it.
      throw new IOException("the body is longer than what is read of it");
    }
  }

  @Override
  public synchronized void streamEnd(@Nullable List<? extends Header> trailers) {
    whole = true;
  }

  @Override
  public void failed(Exception cause) {
    // Whoever waits for the exchange hears of it.
  }

  // Only now the connection is back among those that can be used again: whoever hears of the end
  // sooner and sends the next delivery finds none, and makes another one.
  @Override
  public void releaseResources() {
    FutureCallback<Answer> callback;
    synchronized (this) {
      callback = whole ? onEnd : null;
    }
    if (callback != null) {
      callback.completed(this);
    }
  }
}
