"""How well the words of a page stand out from what is behind them."""

from __future__ import annotations

from tests.e2e.live_page import LivePage

ENOUGH = 4.5

# The colours are those that the browser has computed, laid over one another with their transparency.
FAINT = """([selector, enough]) => {
  const colour = (text) => {
    const numbers = (text.match(/[-\\d.]+(e-?\\d+)?/g) ?? []).map(Number);
    const scale = text.startsWith('color(') ? 255 : 1;
    return [...numbers.slice(0, 3).map((part) => part * scale), numbers[3] ?? 1];
  };
  const over = ([r, g, b, a], back) => [r, g, b].map((part, at) => part * a + back[at] * (1 - a));
  const behind = (element) => {
    const layers = [];
    for (let part = element; part; part = part.parentElement) {
      layers.unshift(getComputedStyle(part).backgroundColor);
    }
    return layers.map(colour).reduce((back, layer) => over(layer, back), [255, 255, 255]);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const told = (element) => element.matches('input:not([type=checkbox], [type=color]), select, textarea')
    || [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const found = [];
  for (const element of document.querySelectorAll(`${selector} *`)) {
    const apart = element.closest(':disabled, style, svg, .me-furniture');
    if (!told(element) || !element.checkVisibility() || apart) continue;
    const back = behind(element);
    const lights = [over(colour(getComputedStyle(element).color), back), back].map(light).sort();
    const ratio = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    const words = element.textContent.trim().slice(0, 30);
    if (ratio < enough) found.push(`${ratio.toFixed(2)} ${element.className || element.tagName}: ${words}`);
  }
  return found;
}"""


def faint(live: LivePage) -> list[str]:
    """The words of the explorer that are hard to read, and how much they stand out."""
    found: list[str] = live.page.evaluate(FAINT, [".mapexplorer", ENOUGH])
    return found
