import type { Server } from "node:http";
import type { Socket } from "node:net";
import { finished } from "node:stream";

export interface ConnectionLimits {
  readonly maxConnections: number;
  /** A client that takes less than so many bytes of a response in so much time loses its connection. */
  readonly slowReader: { readonly bytes: number; readonly seconds: number };
}

/**
 * Limits connections. A new one is always accepted, so that health checks get through: where there are too many, the one that has been idle longest is closed.
 * Requests in progress have limits of their own. A client that does not read its response is disconnected.
 */
export const limitConnections = (server: Server, { maxConnections, slowReader }: ConnectionLimits): void => {
  /** Connections without a request in progress, the longest first. */
  const idle = new Set<Socket>();
  /** Of all connections, how many requests are in progress. */
  const requests = new Map<Socket, number>();
  server.on("connection", (socket) => {
    requests.set(socket, 0);
    idle.add(socket);
    socket.once("close", () => {
      requests.delete(socket);
      idle.delete(socket);
    });
    const [longest] = idle;
    if (requests.size > maxConnections) longest?.destroy();
  });
  server.on("request", ({ socket }, response) => {
    const change = (by: 1 | -1): void => {
      const count = requests.get(socket);
      if (count === undefined) return;
      requests.set(socket, count + by);
      if (count + by === 0) idle.add(socket);
      else idle.delete(socket);
    };
    change(1);
    finished(response, () => change(-1));
  });

  /** The bytes that clients of unread responses had taken at the last look. */
  let taken = new Map<Socket, number>();
  const timer = setInterval(() => {
    const unread = [...requests.keys()].filter((socket) => socket.writableLength > 0);
    const now = new Map(unread.map((socket) => [socket, socket.bytesWritten - socket.writableLength]));
    for (const [socket, bytes] of now) {
      const before = taken.get(socket);
      if (before !== undefined && bytes - before < slowReader.bytes) socket.destroy();
    }
    taken = now;
  }, slowReader.seconds * 1_000).unref();
  server.once("close", () => clearInterval(timer));
};
