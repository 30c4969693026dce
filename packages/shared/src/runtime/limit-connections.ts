import type { Server } from "node:http";
import type { Socket } from "node:net";

export interface ConnectionLimits {
  readonly maxConnections: number;
  /** A client that takes less than so many bytes of a response in so much time loses its connection. */
  readonly slowReader: { readonly bytes: number; readonly seconds: number };
}

/** How many requests of a connection are served now: it is not closed for others meanwhile. */
export interface ConnectionUse {
  start(socket: Socket): void;
  end(socket: Socket): void;
}

/**
 * Limits connections. A new one is always accepted, so that health checks get through: where there are too many, the one is closed
 * that has not been served for longest. A client that does not read its response is disconnected, too.
 */
export const limitConnections = (server: Server, { maxConnections, slowReader }: ConnectionLimits): ConnectionUse => {
  /** Requests of each connection that are served. */
  const served = new Map<Socket, number>();
  /** Connections that are not served, the longest first. */
  const idle = new Set<Socket>();
  server.on("connection", (socket) => {
    served.set(socket, 0);
    idle.add(socket);
    socket.once("close", () => {
      served.delete(socket);
      idle.delete(socket);
    });
    const [longest] = idle;
    if (served.size > maxConnections) longest?.destroy();
  });

  /** The bytes that clients of unread responses had taken at the last look. */
  let taken = new Map<Socket, number>();
  const timer = setInterval(() => {
    const unread = [...served.keys()].filter((socket) => socket.writableLength > 0);
    const now = new Map(unread.map((socket) => [socket, socket.bytesWritten - socket.writableLength]));
    for (const [socket, bytes] of now) {
      const before = taken.get(socket);
      if (before !== undefined && bytes - before < slowReader.bytes) socket.destroy();
    }
    taken = now;
  }, slowReader.seconds * 1_000).unref();
  server.once("close", () => clearInterval(timer));

  const change = (socket: Socket, by: 1 | -1): void => {
    const count = served.get(socket);
    // It is closed.
    if (count === undefined) return;
    served.set(socket, count + by);
    if (count + by === 0) idle.add(socket);
    else idle.delete(socket);
  };
  return { start: (socket) => change(socket, 1), end: (socket) => change(socket, -1) };
};
