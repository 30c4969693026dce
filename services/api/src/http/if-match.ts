import { z } from "zod";
import { HttpProblem } from "./problems.ts";

/** The header by which nobody overwrites what somebody else changed (RFC 9110, 13.1.1). */
export const IfMatch = z.object({
  "if-match": z.string().optional().meta({ description: "ETag of what is changed, as it was read" }),
});

/** @throws HttpProblem 412 where a condition is given and `etag` does not fulfil it */
export const requireMatch = ({ "if-match": given }: z.infer<typeof IfMatch>, etag: string, detail: string): void => {
  if (given !== undefined && given !== "*" && given !== etag) throw new HttpProblem(412, "changed", detail);
};
