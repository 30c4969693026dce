import { HttpProblem } from "../http/problems.ts";

/** The problem of a format that is about files which a catalog does not have. */
export const noFiles = (format: string, reason: string): HttpProblem =>
  new HttpProblem(422, "format-unsuited", `Format ${format} needs files: this catalog ${reason}`);
