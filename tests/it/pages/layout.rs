//! How a page is laid out, as the browser that shows it sees it.

/// What is wrong with the layout of the open page, in words; nothing when all is well: it is wider than the window, one
/// thing that is read or pressed lies on another, or words are cut off at an edge without a way to get to them.
pub const WRONG: &str = "(() => { \
     const wrong = []; \
     const wide = document.documentElement.scrollWidth; \
     if (wide !== innerWidth) wrong.push(`it is ${wide} wide`); \
     const name = (node) => `${node.tagName} ${node.textContent.trim().slice(0, 30)}`; \
     const style = (node) => getComputedStyle(node); \
     const seen = (node) => { \
       let { left, top, right, bottom } = node.getBoundingClientRect(); \
       for (let box = node.parentElement; box; box = box.parentElement) { \
         if (style(box).overflowX === 'visible' && style(box).overflowY === 'visible') continue; \
         const edge = box.getBoundingClientRect(); \
         [left, top] = [Math.max(left, edge.left), Math.max(top, edge.top)]; \
         [right, bottom] = [Math.min(right, edge.right), Math.min(bottom, edge.bottom)]; \
       } \
       return { left, top, right, bottom }; \
     }; \
     const shown = [...document.querySelectorAll('main :is(a, button, input, select, textarea, summary, h1, h2, h3, p, dt, dd, caption)')] \
       .filter((node) => node.checkVisibility() && !node.closest('.hidden')) \
       .map((node) => [node, seen(node)]) \
       .filter(([, box]) => box.right - box.left > 1 && box.bottom - box.top > 1); \
     for (let i = 0; i < shown.length; i += 1) for (let j = i + 1; j < shown.length; j += 1) { \
       const [[one, a], [other, b]] = [shown[i], shown[j]]; \
       const across = Math.min(a.right, b.right) - Math.max(a.left, b.left); \
       const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top); \
       if (across > 2 && down > 2 && !one.contains(other) && !other.contains(one)) wrong.push(`${name(one)} lies on ${name(other)}`); \
     } \
     const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT); \
     for (let text = texts.nextNode(); text; text = texts.nextNode()) { \
       const node = text.parentElement; \
       if (!text.data.trim() || node.closest('.hidden, svg, script, option') || !node.checkVisibility()) continue; \
       const range = document.createRange(); \
       range.selectNodeContents(text); \
       const words = range.getBoundingClientRect(); \
       let box = node; \
       for (; box.tagName !== 'MAIN'; box = box.parentElement) { \
         if (['auto', 'scroll'].includes(style(box).overflowX) || style(box).webkitLineClamp !== 'none') break; \
         const cuts = style(box).overflowX !== 'visible' && words.right > box.getBoundingClientRect().right + 1; \
         if (cuts) wrong.push(`${name(box)} cuts its words`); \
       } \
       if (box.tagName === 'MAIN' && words.right > innerWidth + 1) wrong.push(`${name(node)} leaves the window`); \
     } \
     return [...new Set(wrong)].slice(0, 5).join('; '); })()";
