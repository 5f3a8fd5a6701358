package dev.attune.profiles.lookup;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Unary calls as they come, without the stub's observer: that one ends a failed call by an
 * exception, whose stack costs more than the rest of a refusal, and refusals are many when there is
 * too much to do.
 */
final class UnaryHandler<Q, A> implements ServerCallHandler<Q, A> {
  /** What is done with a request; it ends the call now or later, once. */
  interface Method<Q, A> {
    void begin(Q request, ServerCall<Q, A> call);
  }

  private final Method<Q, A> method;

  UnaryHandler(Method<Q, A> method) {
    this.method = method;
  }

  /** Ends a call with its one message. */
  static <A> void reply(ServerCall<?, A> call, A message) {
    call.sendHeaders(new Metadata());
    call.sendMessage(message);
    call.close(Status.OK, new Metadata());
  }

  @Override
  public ServerCall.Listener<Q> startCall(ServerCall<Q, A> call, Metadata headers) {
    // One more than there should be, so that a second one is noticed.
    call.request(2);
    return new Listener(call);
  }

  private final class Listener extends ServerCall.Listener<Q> {
    private final ServerCall<Q, A> call;
    private @Nullable Q request;
    private boolean over;

    Listener(ServerCall<Q, A> call) {
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      if (request != null) {
        refuse("more than one message for a unary call");
        return;
      }
      request = message;
    }

    @Override
    public void onHalfClose() {
      Q asked = request;
      request = null;
      if (over) {
        return;
      }
      if (asked == null) {
        refuse("no message for a unary call");
        return;
      }
      over = true;
      method.begin(asked, call);
    }

    private void refuse(String why) {
      if (!over) {
        over = true;
        call.close(Status.INTERNAL.withDescription(why), new Metadata());
      }
    }
  }
}
