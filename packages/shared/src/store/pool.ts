import pg from "pg";
import { HotStatements } from "./hot-statements.ts";
import { isUnavailable, UnavailableError } from "./unavailable.ts";

/** The setting of a connection by which row-level security knows whose rows it shows: policies.ts. */
export const TENANT_SETTING = "app.tenant";
/** Its value for nobody: a connection that was just opened has it. */
const NOBODY = "";

type Connected = Parameters<Parameters<pg.Pool["connect"]>[0]>;
type Callback = (...connected: Connected) => void;

/** A promise of the connection that a function with a callback gives. */
const promised = (connect: (callback: Callback) => void): Promise<pg.PoolClient> =>
  new Promise((resolve, reject) => {
    connect((error, client) => (client === undefined ? reject(error) : resolve(client)));
  });

/** A pool that reports a server that can't be reached as an UnavailableError, and survives lost connections. */
export class Pool extends pg.Pool {
  /** Of all connections, since a statement has the same name in each of them. */
  readonly hotStatements = new HotStatements();
  /** Whose rows each connection shows. */
  readonly #shown = new WeakMap<pg.PoolClient, string>();

  constructor(config: pg.PoolConfig) {
    super(config);
    // A broken idle connection is dropped, and the next query opens another one.
    this.on("error", () => undefined);
    // One that breaks while a transaction pauses reports it in its next query, not by ending the process.
    this.on("connect", (client) => client.on("error", () => undefined));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
    if (callback === undefined) return promised((give) => this.connectAs(NOBODY, give));
    this.connectAs(NOBODY, callback);
    return undefined;
  }

  /**
   * Gives a connection that shows the rows of this tenant alone, until it is returned. Whoever takes it next says again whose
   * rows it shows, so nobody sees another one's by what was set before. It costs a statement where the last user was another one.
   */
  connectAs(tenant: string, callback: Callback): void {
    super.connect((error, client, release) => {
      if (client === undefined) {
        callback(connectError(error), undefined, release);
        return;
      }
      const fail = (reason: Error): void => {
        release(true);
        callback(reason, undefined, () => undefined);
      };
      // A setting that is made inside of a transaction is taken back with it. A connection that was just opened has no status.
      if ((client.getTransactionStatus() ?? "I") !== "I") {
        fail(new Error("a connection was returned inside of a transaction"));
        return;
      }
      if ((this.#shown.get(client) ?? NOBODY) === tenant) {
        callback(undefined, client, release);
        return;
      }
      client.query("select set_config($1, $2, false)", [TENANT_SETTING, tenant], (failure: Error | null) => {
        if (failure !== null) {
          fail(failure);
          return;
        }
        this.#shown.set(client, tenant);
        callback(undefined, client, release);
      });
    });
  }
}

/**
 * The connections of another pool, as one tenant uses them. It opens none of its own. Statements outside of transactions that are
 * used again and again are prepared: PostgreSQL then plans them once for a connection, of which row-level security is a large part.
 */
export class TenantPool extends pg.Pool {
  readonly #connect: (callback: Callback) => void;

  constructor(shared: Pool, tenant: string) {
    super();
    this.#connect = (callback) => shared.connectAs(tenant, callback);
    const query = this.query.bind(this) as (...inputs: readonly unknown[]) => unknown;
    this.query = ((statement: unknown, ...rest: readonly unknown[]) =>
      query(shared.hotStatements.named(statement), ...rest)) as typeof this.query;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
    if (callback === undefined) return promised(this.#connect);
    this.#connect(callback);
    return undefined;
  }
}

/** The server answered where it refused the password or the database: waiting would not help. */
const connectError = (error: unknown): Error => {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof pg.DatabaseError && !isUnavailable(error)) return error;
  return new UnavailableError(error.message || ((error as NodeJS.ErrnoException).code ?? error.name), { cause: error });
};
