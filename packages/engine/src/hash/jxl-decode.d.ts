declare module "@jsquash/jxl/codec/dec/jxl_dec.js" {
  interface Decoder {
    decode(file: Uint8Array): {
      readonly data: Uint8ClampedArray;
      readonly width: number;
      readonly height: number;
    } | null;
  }
  export default function createDecoder(options: {
    readonly noInitialRun: boolean;
    readonly instantiateWasm: (imports: object, done: (instance: object) => void) => object;
  }): Promise<Decoder>;
}
