import { z } from "zod";
import { EXIT, OperatorError } from "./fail.ts";

const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `must be an address like ${example}` });

/** What every service reads from its environment. */
export const ServiceEnvironment = z.object({
  NATS_URL: url(/^(nats|tls|ws|wss)$/, "nats://127.0.0.1:4222"),
  DATABASE_URL: url(/^postgres(ql)?$/, "postgres://user:password@127.0.0.1:5432/lookalike"),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  LOOKALIKE_STREAM_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(5)
    .default(1)
    .meta({ description: "Copies of each stream: 3 on a NATS cluster" }),
});
export type ServiceEnvironment = z.infer<typeof ServiceEnvironment>;

/**
 * Parses the environment once, at start. Empty variables count as absent.
 * @throws OperatorError naming every bad variable in one line, exit code 78
 */
export const readEnvironment = <Schema extends z.ZodObject>(
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<Schema> => {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = issue.path.join(".");
    return given[name] === undefined
      ? `${name} is not set: ${issue.message}`
      : `${name}=${given[name]}: ${issue.message}`;
  });
  throw new OperatorError(problems.join("; "), EXIT.config);
};
