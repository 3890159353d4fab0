// Starts a deck of slides. The address names the slide, so that a link can lead to it.
Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0.03,
  center: false,
  hash: true,
  hashOneBasedIndex: true,
  slideNumber: "c/t",
  transition: "none",
  backgroundTransition: "none",
});
