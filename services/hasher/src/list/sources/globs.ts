import type { Source } from "@lookalike/shared/domain/job/source";
import picomatch from "picomatch";

/** The formats that are decoded; HEIC only where heic-decode is installed, and reported where it is not. */
const EXTENSIONS = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|heic|heif)$/i;
const SVG = /\.svgz?$/i;

type Globs = Pick<Extract<Source, { kind: "directory" }>, "include" | "exclude" | "svg">;

/** Whether a source lists a file, by its path below the source's root. */
export const matchesGlobs = ({ include, exclude, svg }: Globs): ((path: string) => boolean) => {
  const included = include.length === 0 ? () => true : picomatch([...include], { dot: true });
  const excluded = exclude.length === 0 ? () => false : picomatch([...exclude], { dot: true });
  return (path) => (EXTENSIONS.test(path) || (svg && SVG.test(path))) && included(path) && !excluded(path);
};
