// A chart as a file: PNG at twice the size on the page, and SVG.
import { download, downloadCanvas, h } from "../dom";
import { fileName } from "../export";
import { themeColor } from "../palette";
import { CanvasSurface, SvgSurface, type Surface } from "./surface";

/** Two buttons that save what `draw` draws; `size` is its width and height. */
export function pictureButtons(title: string, size: () => [number, number], draw: (surface: Surface) => void): HTMLElement[] {
  const on = <T extends Surface>(surface: T): T => {
    surface.rect(0, 0, ...size(), themeColor("card"));
    draw(surface);
    return surface;
  };
  const png = () => {
    const canvas = document.createElement("canvas");
    on(new CanvasSurface(canvas, ...size(), 2));
    downloadCanvas(fileName(title, "png"), canvas);
  };
  const svg = () => download(fileName(title, "svg"), new Blob([on(new SvgSurface(...size())).toString()], { type: "image/svg+xml" }));
  return [
    h("button", { type: "button", class: "tool", title: "Save the chart as a picture", onclick: png }, "PNG"),
    h("button", { type: "button", class: "tool", title: "Save the chart as vector graphics", onclick: svg }, "SVG"),
  ];
}
