import { z } from "zod";
import { HttpProblem } from "./problems.ts";

/** The header that keeps a client from overwriting another one's change (RFC 9110, 13.1.1). */
export const IfMatch = z.object({
  "if-match": z.string().optional().meta({ description: "ETag of what is changed, as it was read" }),
});

/** @throws HttpProblem 412 when the request has a condition that `etag` does not fulfil */
export const requireMatch = (
  { "if-match": condition }: z.infer<typeof IfMatch>,
  etag: string,
  detail: string,
): void => {
  if (condition !== undefined && condition !== "*" && condition !== etag) throw new HttpProblem(412, "changed", detail);
};
