import picomatch from "picomatch";

/** HEIC is listed to be reported: it can't be decoded here, and nobody should think it was compared. */
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
