// Elements from data. Whatever comes from a trace enters as text, never as markup.

type Child = Node | string | number | null | undefined | false;
type Props = Record<string, string | number | boolean | EventListener | null | undefined>;

/** Makes an element. `class`, attributes, and `onclick`-like listeners. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  append(element, ...children);
  return element;
}

export function append(parent: Node, ...children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

export function clear(element: Element): void {
  element.replaceChildren();
}

const SVG = "http://www.w3.org/2000/svg";

export function s(tag: string, props: Record<string, string | number> = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(props)) element.setAttribute(key, String(value));
  append(element, ...children);
  return element;
}

/** A labelled choice among a few words. */
export function segmented<T extends string>(
  label: string,
  options: readonly (readonly [T, string, string?])[],
  value: T,
  choose: (value: T) => void,
): HTMLElement {
  const group = h("div", { class: "segmented", role: "radiogroup", "aria-label": label });
  const buttons: HTMLButtonElement[] = [];
  const pick = (index: number) => {
    buttons.forEach((b, i) => {
      b.setAttribute("aria-checked", String(i === index));
      b.tabIndex = i === index ? 0 : -1;
    });
    choose(options[index][0]);
  };
  options.forEach(([key, text, title], index) => {
    const button = h("button", {
      type: "button",
      role: "radio",
      "aria-checked": String(key === value),
      tabindex: key === value ? 0 : -1,
      title: title ?? null,
      "data-value": key,
      onclick: () => pick(index),
      onkeydown: (event: Event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[(event as KeyboardEvent).key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        const next = (index + step + options.length) % options.length;
        buttons[next].focus(); // before the choice, which may make the buttons anew
        pick(next);
      },
    }, text);
    buttons.push(button);
    group.append(button);
  });
  return group;
}

export function select<T extends string>(
  label: string,
  options: readonly (readonly [T, string])[],
  value: T,
  choose: (value: T) => void,
  labelled = true,
): HTMLElement {
  const box = h("select", { "aria-label": label, onchange: () => choose(box.value as T) });
  for (const [key, text] of options) box.append(h("option", { value: key, selected: key === value }, text));
  return h("label", { class: "field" }, labelled && h("span", {}, label), box);
}

/** Hands `blob` to the browser as a download. */
export function download(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Hands a canvas over as a PNG, within the click that asked: `toBlob` waits for the
 * browser to be idle, in Chromium for seconds where nothing moves on the page. */
export function downloadCanvas(name: string, canvas: HTMLCanvasElement): void {
  const [, encoded] = canvas.toDataURL("image/png").split(",");
  const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
  download(name, new Blob([bytes], { type: "image/png" }));
}
