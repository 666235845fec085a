// What charts draw on: a canvas on the page, or an SVG document to keep. A chart is
// written once against this interface.

import { blendCopies, type Copy, type Picture } from "./copies";

export interface TextStyle {
  fill: string;
  size?: number;
  align?: "left" | "center" | "right";
  baseline?: "top" | "middle" | "bottom" | "alphabetic";
  bold?: boolean;
  rotate?: number;
}

export interface Surface {
  readonly width: number;
  readonly height: number;
  rect(x: number, y: number, w: number, h: number, fill: string, opacity?: number): void;
  /** x0, y0, x1, y1, … */
  line(points: ArrayLike<number>, stroke: string, width?: number, dash?: number[], opacity?: number): void;
  polygon(points: ArrayLike<number>, fill: string, stroke?: string, opacity?: number): void;
  circle(x: number, y: number, r: number, fill: string, stroke?: string): void;
  text(x: number, y: number, text: string, style: TextStyle): void;
  image(source: HTMLCanvasElement, x: number, y: number, w: number, h: number): void;
  clip(x: number, y: number, w: number, h: number, draw: () => void): void;
  /** Few pictures at many places; the later ones cover the earlier ones. */
  copies(copies: Copy[]): void;
}

const FAMILY = 'system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif';

/** An empty canvas of that size; a new one costs more than clearing the old one. */
function fit(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    return;
  }
  const context = canvas.getContext("2d");
  context?.resetTransform();
  context?.clearRect(0, 0, width, height);
}

let layer: HTMLCanvasElement | null = null; // where copies are laid out

export class CanvasSurface implements Surface {
  private readonly context: CanvasRenderingContext2D;

  constructor(private readonly canvas: HTMLCanvasElement, readonly width: number, readonly height: number, private readonly ratio = window.devicePixelRatio || 1) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("This browser has no 2-D canvas.");
    this.context = context;
    fit(canvas, Math.round(width * ratio), Math.round(height * ratio));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  rect(x: number, y: number, w: number, h: number, fill: string, opacity = 1): void {
    this.context.globalAlpha = opacity;
    this.context.fillStyle = fill;
    this.context.fillRect(x, y, w, h);
    this.context.globalAlpha = 1;
  }

  private path(points: ArrayLike<number>): void {
    this.context.beginPath();
    for (let i = 0; i < points.length; i += 2) this.context.lineTo(points[i], points[i + 1]);
  }

  line(points: ArrayLike<number>, stroke: string, width = 1, dash: number[] = [], opacity = 1): void {
    const c = this.context;
    this.path(points);
    c.globalAlpha = opacity;
    c.strokeStyle = stroke;
    c.lineWidth = width;
    c.lineJoin = "round";
    c.setLineDash(dash);
    c.stroke();
    c.setLineDash([]);
    c.globalAlpha = 1;
  }

  polygon(points: ArrayLike<number>, fill: string, stroke?: string, opacity = 1): void {
    const c = this.context;
    this.path(points);
    c.closePath();
    c.globalAlpha = opacity;
    c.fillStyle = fill;
    c.fill();
    c.globalAlpha = 1;
    if (stroke) {
      c.strokeStyle = stroke;
      c.lineWidth = 1.5;
      c.stroke();
    }
  }

  circle(x: number, y: number, r: number, fill: string, stroke?: string): void {
    const c = this.context;
    c.beginPath();
    c.arc(x, y, r, 0, 2 * Math.PI);
    c.fillStyle = fill;
    c.fill();
    if (stroke) {
      c.strokeStyle = stroke;
      c.lineWidth = 1.5;
      c.stroke();
    }
  }

  text(x: number, y: number, text: string, style: TextStyle): void {
    const c = this.context;
    c.font = `${style.bold ? "600 " : ""}${style.size ?? 12}px ${FAMILY}`;
    c.fillStyle = style.fill;
    c.textAlign = style.align ?? "left";
    c.textBaseline = style.baseline ?? "alphabetic";
    if (style.rotate) {
      c.save();
      c.translate(x, y);
      c.rotate(style.rotate);
      c.fillText(text, 0, 0);
      c.restore();
    } else c.fillText(text, x, y);
  }

  image(source: HTMLCanvasElement, x: number, y: number, w: number, h: number): void {
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(source, x, y, w, h);
  }

  clip(x: number, y: number, w: number, h: number, draw: () => void): void {
    this.context.save();
    this.context.beginPath();
    this.context.rect(x, y, w, h);
    this.context.clip();
    draw();
    this.context.restore();
  }

  private prepare(picture: Picture, reach: number): ImageData {
    const side = (2 * reach) / this.ratio;
    const surface = new CanvasSurface(document.createElement("canvas"), side, side, this.ratio);
    surface.context.translate(side / 2, side / 2);
    picture.draw(surface);
    return surface.context.getImageData(0, 0, 2 * reach, 2 * reach);
  }

  copies(copies: Copy[]): void {
    const { width, height } = this.canvas;
    if (!copies.length || !width || !height) return;
    layer ??= document.createElement("canvas");
    if (layer.width !== width || layer.height !== height) fit(layer, width, height);
    layer.getContext("2d")?.putImageData(blendCopies(copies, width, height, this.ratio, (picture, reach) => this.prepare(picture, reach)), 0, 0);
    this.context.drawImage(layer, 0, 0, width / this.ratio, height / this.ratio);
  }
}

const escape = (text: string) =>
  text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd");
const at = (value: number) => String(Math.round(value * 100) / 100);

export class SvgSurface implements Surface {
  private readonly parts: string[] = [];
  private clips = 0;
  private pictures = 0;

  constructor(readonly width: number, readonly height: number) {}

  private points(points: ArrayLike<number>): string {
    const out: string[] = [];
    for (let i = 0; i < points.length; i += 2) out.push(`${at(points[i])},${at(points[i + 1])}`);
    return out.join(" ");
  }

  rect(x: number, y: number, w: number, h: number, fill: string, opacity = 1): void {
    this.parts.push(`<rect x="${at(x)}" y="${at(y)}" width="${at(w)}" height="${at(h)}" fill="${escape(fill)}" opacity="${opacity}"/>`);
  }
  line(points: ArrayLike<number>, stroke: string, width = 1, dash: number[] = [], opacity = 1): void {
    this.parts.push(
      `<polyline points="${this.points(points)}" fill="none" stroke="${escape(stroke)}" stroke-width="${width}" stroke-dasharray="${dash.join(" ")}" opacity="${opacity}"/>`,
    );
  }
  polygon(points: ArrayLike<number>, fill: string, stroke = "none", opacity = 1): void {
    this.parts.push(`<polygon points="${this.points(points)}" fill="${escape(fill)}" fill-opacity="${opacity}" stroke="${escape(stroke)}" stroke-width="1.5"/>`);
  }
  circle(x: number, y: number, r: number, fill: string, stroke = "none"): void {
    this.parts.push(`<circle cx="${at(x)}" cy="${at(y)}" r="${r}" fill="${escape(fill)}" stroke="${escape(stroke)}" stroke-width="1.5"/>`);
  }
  text(x: number, y: number, text: string, style: TextStyle): void {
    const size = style.size ?? 12;
    const down = { top: 0.8, middle: 0.35, bottom: -0.2, alphabetic: 0 }[style.baseline ?? "alphabetic"] * size;
    const anchor = { left: "start", center: "middle", right: "end" }[style.align ?? "left"];
    const turn = style.rotate ? ` transform="rotate(${(style.rotate * 180) / Math.PI} ${at(x)} ${at(y)})"` : "";
    this.parts.push(
      `<text x="${at(x)}" y="${at(y + down)}" font-size="${size}" fill="${escape(style.fill)}" text-anchor="${anchor}"${style.bold ? ' font-weight="600"' : ""}${turn}>${escape(text)}</text>`,
    );
  }
  image(source: HTMLCanvasElement, x: number, y: number, w: number, h: number): void {
    this.parts.push(
      `<image x="${at(x)}" y="${at(y)}" width="${at(w)}" height="${at(h)}" preserveAspectRatio="none" style="image-rendering:pixelated" href="${source.toDataURL()}"/>`,
    );
  }
  clip(x: number, y: number, w: number, h: number, draw: () => void): void {
    const id = `c${this.clips++}`;
    this.parts.push(`<clipPath id="${id}"><rect x="${at(x)}" y="${at(y)}" width="${at(w)}" height="${at(h)}"/></clipPath><g clip-path="url(#${id})">`);
    draw();
    this.parts.push("</g>");
  }

  copies(copies: Copy[]): void {
    const ids = new Map<Picture, string>();
    for (const { picture, x, y } of copies) {
      let id = ids.get(picture);
      if (!id) {
        ids.set(picture, (id = `p${this.pictures++}`));
        this.parts.push(`<defs><g id="${id}">`);
        picture.draw(this);
        this.parts.push("</g></defs>");
      }
      this.parts.push(`<use href="#${id}" x="${at(x)}" y="${at(y)}"/>`);
    }
  }

  toString(): string {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}" font-family='${FAMILY}'>${this.parts.join("")}</svg>`;
  }
}
