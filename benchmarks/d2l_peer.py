"""The peer of our comparisons: d2l 1.0.3's recurrent layers from scratch.

The installed package holds `RNNScratch` alone. Its text derives a GRU and an LSTM from scratch as well but
does not save them in the package. So they are written here from the published formulas, in the text's
convention and way of computing: one matrix product per gate and operand, step by step, outputs in a list.
"""

import importlib
import sys
from types import ModuleType

import torch
from torch import Tensor, nn

GATES = {"RNN": "h", "GRU": "rzn", "LSTM": "ifgo"}  # in the order in which PyTorch stacks them


def load_d2l() -> ModuleType:
    """Import `d2l.torch`. It wants torchvision for data sets only: where it is missing, a stub stands in."""
    stub = ModuleType("torchvision")
    stub.transforms = ModuleType("torchvision.transforms")
    stubs = {"torchvision": stub, "torchvision.transforms": stub.transforms}
    if importlib.util.find_spec("torchvision") is not None:
        stubs = {}
    sys.modules.update(stubs)
    try:
        return importlib.import_module("d2l.torch")
    finally:
        for name in stubs:
            del sys.modules[name]


class GatedScratch(nn.Module):
    """Weights for every gate: `W_x{gate}` (I, H), `W_h{gate}` (H, H), `b_{gate}` (H,)."""

    gates: str

    def __init__(self, num_inputs: int, num_hiddens: int, sigma: float = 0.01) -> None:
        super().__init__()
        self.num_hiddens = num_hiddens
        for gate in self.gates:
            setattr(self, f"W_x{gate}", nn.Parameter(torch.randn(num_inputs, num_hiddens) * sigma))
            setattr(self, f"W_h{gate}", nn.Parameter(torch.randn(num_hiddens, num_hiddens) * sigma))
            setattr(self, f"b_{gate}", nn.Parameter(torch.zeros(num_hiddens)))


class GRUScratch(GatedScratch):
    """The GRU of the text: z keeps the old state, the reset stands before the product."""

    gates = GATES["GRU"]

    def forward(self, inputs: Tensor, H: Tensor | None = None) -> tuple[list[Tensor], Tensor]:
        H = inputs.new_zeros(inputs.shape[1], self.num_hiddens) if H is None else H
        outputs = []
        for X in inputs:  # (B, I)
            Z = torch.sigmoid(X @ self.W_xz + H @ self.W_hz + self.b_z)
            R = torch.sigmoid(X @ self.W_xr + H @ self.W_hr + self.b_r)
            candidate = torch.tanh(X @ self.W_xn + (R * H) @ self.W_hn + self.b_n)
            H = Z * H + (1 - Z) * candidate
            outputs.append(H)
        return outputs, H


class LSTMScratch(GatedScratch):
    """The LSTM of the text."""

    gates = GATES["LSTM"]

    def forward(
        self, inputs: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[list[Tensor], tuple[Tensor, Tensor]]:
        zeros = inputs.new_zeros(inputs.shape[1], self.num_hiddens)
        H, C = (zeros, zeros) if state is None else state
        outputs = []
        for X in inputs:  # (B, I)
            input_gate = torch.sigmoid(X @ self.W_xi + H @ self.W_hi + self.b_i)
            forget = torch.sigmoid(X @ self.W_xf + H @ self.W_hf + self.b_f)
            output = torch.sigmoid(X @ self.W_xo + H @ self.W_ho + self.b_o)
            candidate = torch.tanh(X @ self.W_xg + H @ self.W_hg + self.b_g)
            C = forget * C + input_gate * candidate
            H = output * torch.tanh(C)
            outputs.append(H)
        return outputs, (H, C)


def scratch_like(layer: nn.Module) -> nn.Module:
    """d2l's layer from scratch with the weights of `layer`, a one-layer RNN, GRU or LSTM of ours or torch's.

    A GRU's weights are taken over as they are, to act in d2l's convention: the reset before the product.
    """
    kind = type(layer).__name__
    sizes = (layer.input_size, layer.hidden_size)
    scratch = {"RNN": load_d2l().RNNScratch, "GRU": GRUScratch, "LSTM": LSTMScratch}[kind](*sizes)
    scratch = scratch.to(layer.weight_ih_l0.dtype)
    bias = layer.bias_ih_l0 + layer.bias_hh_l0  # one bias in the text, two in PyTorch
    for k, gate in enumerate(GATES[kind]):
        rows = slice(k * layer.hidden_size, (k + 1) * layer.hidden_size)
        getattr(scratch, f"W_x{gate}").data = layer.weight_ih_l0[rows].detach().T.clone()
        getattr(scratch, f"W_h{gate}").data = layer.weight_hh_l0[rows].detach().T.clone()
        getattr(scratch, f"b_{gate}").data = bias[rows].detach().clone()
    return scratch
