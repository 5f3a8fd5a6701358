/** The gRPC server. */
@NullMarked
package dev.attune.platform.grpc;

import org.jspecify.annotations.NullMarked;
