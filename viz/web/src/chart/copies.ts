// Many copies of few small pictures on a canvas. drawImage costs some 10 µs for each copy
// and a path with fill and stroke more; so the copies are blended here, into one image.
import type { Surface } from "./surface";

export interface Picture {
  /** Nothing is drawn farther than this from (0, 0). */
  reach: number;
  draw(surface: Surface): void;
}

export interface Copy {
  picture: Picture;
  x: number;
  y: number;
}

/** The pixels of a picture that are not empty. */
interface Pixels {
  ratio: number;
  reach: number; // in pixels
  width: number; // of the image that `at` is for
  dx: Int16Array;
  dy: Int16Array;
  at: Int32Array; // dy · width + dx
  rgba: Uint32Array; // as an image has them in memory: opacity in the highest byte
}

const known = new WeakMap<Picture, Pixels>();

function pixelsOf(image: ImageData, ratio: number, reach: number, width: number): Pixels {
  const words = new Uint32Array(image.data.buffer);
  const filled = [...words.keys()].filter((i) => words[i] >>> 24 > 0);
  const dx = Int16Array.from(filled, (i) => (i % image.width) - reach);
  const dy = Int16Array.from(filled, (i) => Math.floor(i / image.width) - reach);
  return { ratio, reach, width, dx, dy, at: Int32Array.from(dx, (x, i) => dy[i] * width + x), rgba: Uint32Array.from(filled, (i) => words[i]) };
}

const OPAQUE = 252; // of 255: what is below adds less than can be seen

/** A colour with another below it, neither multiplied by its opacity (Porter and Duff 1984,
 * "over"). */
function over(above: number, below: number): number {
  const opacity = above >>> 24;
  const rest = ((below >>> 24) * (255 - opacity)) / 255;
  const sum = opacity + rest;
  const mix = (shift: number) => (((above >>> shift) & 255) * opacity + ((below >>> shift) & 255) * rest) / sum + 0.5;
  return (((sum + 0.5) << 24) | (mix(16) << 16) | (mix(8) << 8) | mix(0)) >>> 0;
}

class Layer {
  readonly image: ImageData;
  private readonly words: Uint32Array;

  constructor(readonly width: number, readonly height: number) {
    this.image = new ImageData(width, height);
    this.words = new Uint32Array(this.image.data.buffer);
  }

  clear(): void {
    this.words.fill(0);
  }

  /** Under what is there: of copies that pile up, the hidden ones cost a look at each pixel. */
  put(p: Pixels, x: number, y: number): void {
    const { width, height, words } = this;
    const inside = x >= p.reach && y >= p.reach && x + p.reach <= width && y + p.reach <= height;
    const start = y * width + x;
    for (let k = 0; k < p.rgba.length; k++) {
      if (!inside && (x + p.dx[k] < 0 || y + p.dy[k] < 0 || x + p.dx[k] >= width || y + p.dy[k] >= height)) continue;
      const at = start + p.at[k];
      const above = words[at];
      if (above >>> 24 >= OPAQUE) continue;
      words[at] = above === 0 ? p.rgba[k] : over(above, p.rgba[k]);
    }
  }
}

let kept: Layer | null = null; // a new image costs more than clearing the old one

/** The copies, the later over the earlier, on whole pixels of the screen; `prepare` draws a
 * picture into an image of 2 · reach pixels a side. The image is good until the next call. */
export function blendCopies(copies: Copy[], width: number, height: number, ratio: number, prepare: (picture: Picture, reach: number) => ImageData): ImageData {
  if (kept?.width !== width || kept.height !== height) kept = new Layer(width, height);
  else kept.clear();
  for (let i = copies.length - 1; i >= 0; i--) {
    const { picture, x, y } = copies[i];
    let pixels = known.get(picture);
    if (pixels?.ratio !== ratio || pixels.width !== width) {
      const reach = Math.ceil(picture.reach * ratio);
      known.set(picture, (pixels = pixelsOf(prepare(picture, reach), ratio, reach, width)));
    }
    kept.put(pixels, Math.round(x * ratio), Math.round(y * ratio));
  }
  return kept.image;
}
