"""rnnlib: modern recurrent networks from scratch, each proven equal to PyTorch's.

Submodules, each importable on its own:

- `rnnlib.cells`: one time step of an RNN, a GRU, an LSTM, equations beside code
- `rnnlib.layers`: the cells over time, stacked, in both directions, with uneven lengths
- `rnnlib.data`, `rnnlib.models`, `rnnlib.training`, `rnnlib.decoding`, `rnnlib.metrics`: what uses them
- `rnnlib.search`, `rnnlib.translator`, `rnnlib.bleu`: the likeliest sequence, translating text, its score
- `rnnlib.probes`: gate traces, gradient reach and Jacobians
- `rnnlib.check`: checks of the exercises' answers
- `rnnlib.claims`, `rnnlib.plots`, `rnnlib.widgets`, `rnnlib.book`: what the chapters show

Importing `rnnlib` loads neither Jupyter nor matplotlib.
"""

__version__ = "0.1.0"
