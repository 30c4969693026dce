import picomatch from "picomatch";

/** Of what is decoded; HEIC only where heic-decode is installed, and reported where it is not. */
const EXTENSIONS = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|heic|heif)$/i;
const SVG = /\.svgz?$/i;

interface Wanted {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly svg: boolean;
}

/** Whether a source wants a file, by its path in it. */
export const isWanted = ({ include, exclude, svg }: Wanted): ((path: string) => boolean) => {
  const included = include.length === 0 ? () => true : picomatch([...include], { dot: true });
  const excluded = exclude.length === 0 ? () => false : picomatch([...exclude], { dot: true });
  return (path) => (EXTENSIONS.test(path) || (svg && SVG.test(path))) && included(path) && !excluded(path);
};
