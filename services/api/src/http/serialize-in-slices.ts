import { slices } from "@lookalike/shared/runtime/loop-turns";
import type { FastifyInstance } from "fastify";
import { z } from "zod";

/** A shorter list is written at once. */
const LONG = 50;
/** Items that are written together: looking at the clock costs as much as some of them. */
const PART = 16;

type Pause = () => Promise<void>;

const isLong = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > LONG;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
const hasLongList = (value: unknown): boolean => isObject(value) && Object.values(value).some(isLong);

const jsonOf = (schema: z.ZodType, value: unknown): string | undefined => JSON.stringify(z.encode(schema, value));

/** The JSON of a value as its schema has it; undefined = it is left out. Long lists in it are written in slices. */
const jsonInSlices = async (schema: z.ZodType, value: unknown, pause: Pause): Promise<string | undefined> => {
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return listInSlices(schema.element as z.ZodType, value, pause);
  const isPlain = schema instanceof z.ZodObject && schema.def.catchall === undefined;
  if (!isPlain || !hasLongList(value) || !isObject(value)) return jsonOf(schema, value);
  const properties: string[] = [];
  for (const [name, property] of Object.entries(schema.shape as Record<string, z.ZodType>)) {
    const json = await jsonInSlices(property, value[name], pause);
    if (json !== undefined) properties.push(`${JSON.stringify(name)}:${json}`);
  }
  return `{${properties.join(",")}}`;
};

const listInSlices = async (element: z.ZodType, items: readonly unknown[], pause: Pause): Promise<string> => {
  const parts: string[] = [];
  for (let at = 0; at < items.length; at += PART) {
    await pause();
    const part = items.slice(at, at + PART);
    for (const item of part)
      parts.push((hasLongList(item) ? await jsonInSlices(element, item, pause) : jsonOf(element, item)) ?? "null");
  }
  return `[${parts.join(",")}]`;
};

/** Writes responses with long lists in slices: the JSON of a large page takes a second. */
export const serializeInSlices = (app: FastifyInstance): void => {
  app.addHook("preSerialization", async (request, reply, payload) => {
    const schema = (request.routeOptions.schema?.response as Record<number, unknown> | undefined)?.[reply.statusCode];
    if (!(schema instanceof z.ZodType) || !hasLongList(payload)) return payload;
    const json = await jsonInSlices(schema, payload, slices());
    reply.serializer((text: string) => text);
    return json;
  });
};
