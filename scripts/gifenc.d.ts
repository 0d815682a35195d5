/** What we use of gifenc, which comes without types. Colours are red, green, blue; pixels have four bytes. */
declare module 'gifenc' {
  type Palette = number[][]
  interface FrameOptions {
    /** Of the whole picture; given with the first frame. */
    readonly palette?: Palette
    /** 0 repeats for ever. */
    readonly repeat?: number
    readonly transparent?: boolean
    readonly transparentIndex?: number
    /** 1 leaves the frame in place for the next one. */
    readonly dispose?: number
    /** Milliseconds. */
    readonly delay?: number
  }
  interface Encoder {
    writeFrame(pixels: Uint8Array, width: number, height: number, options: FrameOptions): void
    finish(): void
    bytes(): Uint8Array
  }
  const gifenc: {
    GIFEncoder(): Encoder
    quantize(pixels: Uint8Array, colours: number): Palette
    applyPalette(pixels: Uint8Array, palette: Palette): Uint8Array
  }
  export default gifenc
}
