// Texts of the page that differ too little from what is behind them, by the measure of WCAG 2, level AA.
() => {
  const parse = (color) => {
    const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return { channels: [red, green, blue], alpha };
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.alpha === 1) return color;
    }
    return parse("rgb(255, 255, 255)");
  };
  const luminance = ({ channels }) => {
    const linear = channels.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const contrast = (element) => {
    const [dark, light] = [luminance(parse(getComputedStyle(element).color)), luminance(ground(element))].sort((one, other) => one - other);
    return (light + 0.05) / (dark + 0.05);
  };
  const hasText = (element) => element.value || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const shown = [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility() && hasText(element));
  if (shown.length < 10) return `only ${shown.length} texts`;
  const poor = shown.filter((element) => contrast(element) < 4.5);
  return poor.map((element) => `${contrast(element).toFixed(2)} ${element.outerHTML.slice(0, 100)}`).join("\n");
}
