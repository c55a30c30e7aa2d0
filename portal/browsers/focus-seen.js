() => {
  // Whether whoever tabs sees where they are: what has the focus, or one of the boxes around it, looks different without it.
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const boxes = [focused];
  while (boxes.length < 5 && boxes.at(-1).parentElement) boxes.push(boxes.at(-1).parentElement);
  const look = () => {
    for (const moving of document.getAnimations()) {
      try {
        moving.finish();
      } catch {
        // One without end tells nothing about the focus.
      }
    }
    return boxes
      .map((box) => {
        const style = getComputedStyle(box);
        return [style.outlineStyle === "none" ? "" : style.outline, style.boxShadow, style.borderColor, style.backgroundColor].join();
      })
      .join("\n");
  };
  const withFocus = look();
  focused.blur();
  const without = look();
  focused.focus({ preventScroll: true });
  const name = focused.getAttribute("aria-label") ?? focused.getAttribute("data-pointer") ?? focused.textContent.trim().slice(0, 30);
  return { what: `${focused.tagName.toLowerCase()}.${focused.className} ${name}`, seen: withFocus !== without };
}
