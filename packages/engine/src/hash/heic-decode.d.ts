declare module "heic-decode/lib.js" {
  interface Decoded {
    readonly width: number;
    readonly height: number;
    readonly data: Uint8ClampedArray;
  }
  interface Decoder {
    one(input: { readonly buffer: Uint8Array }): Promise<Decoded>;
  }
  export default function decoderOf(libheif: unknown): Decoder;
}
