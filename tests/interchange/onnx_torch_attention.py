"""The networks of PyTorch with attention for make_onnx.py."""

import torch
from torch import nn

from onnx_torch import case


class Transformer(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.place = nn.Parameter(torch.randn(6, 8))
        self.block = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True, **options)
        self.head = nn.Linear(8, 3)

    def forward(self, ids):
        return self.head(self.block(self.embed(ids) + self.place).mean(1))


@case("transformer", [(6,)], ids=11)
def transformer():
    return Transformer(activation="gelu", norm_first=True)


case("transformer_one", [(6,)], ids=11, fixed=True, old=(False,))(transformer)


@case("attention_one", [(5, 8)], fixed=True, old=(False,))
def attention_one():
    """Of one sample, whose axis PyTorch then puts together with that of the positions."""
    return SelfAttention()


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention, self.norm = nn.MultiheadAttention(8, 2, batch_first=True), nn.LayerNorm(8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        y, _ = self.attention(x, x, x, need_weights=False)
        return self.head(self.norm(x + y).mean(1))


class Vit(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.block = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        return self.head(self.block(x).mean(1))


@case("vit", [(3, 8, 8)], old=(False,))
def vit():
    return Vit()


class ClassToken(nn.Module):
    """The token of the class in front of those of the patches."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.token, self.places = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 5, 8))
        self.block = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.size(0), -1, -1), x], 1) + self.places
        return self.head(self.block(x)[:, 0])


@case("class_token", [(3, 8, 8)])
def class_token():
    return ClassToken()
