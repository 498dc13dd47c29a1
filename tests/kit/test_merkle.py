"""The Merkle tree: the published vectors, the definition of RFC 6962 word by word, and proofs that cannot be bent."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akson.kit import merkle
from akson.kit.merkle import EMPTY, Tree, consistency, extends, includes, inclusion, leaf_hash, parent, proof

# The eight leaves that the reference implementation of Certificate Transparency is tested with.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def hashed(number):
    return [leaf_hash(b"%d" % each) for each in range(number)]


def by_definition(leaves):
    """MTH as RFC 6962 section 2.1 defines it."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return parent(by_definition(leaves[:k]), by_definition(leaves[k:]))


def kept(leaves):
    """The tree of these leaves, and the hashes of its subtrees as whoever keeps a tree gives them."""
    tree = Tree()
    above = [tree.append(leaf) for leaf in leaves]

    def subtree(level, place):
        last = (place + 1 << level) - 1
        return leaves[last] if level == 0 else above[last][32 * (level - 1) : 32 * level]

    return tree, subtree


def test_the_published_roots():
    tree = Tree()
    assert tree.root() == EMPTY
    for data, root in zip(LEAVES, ROOTS, strict=True):
        tree.append(leaf_hash(data))
        assert tree.root().hex() == root


def test_proofs_of_seven_leaves_as_the_standard_draws_them():
    """RFC 6962 section 2.1.3, with a to j as there."""
    d = [leaf_hash(b"d%d" % each) for each in range(7)]
    a, b, c, e, f, j = d[0], d[1], d[2], d[3], d[4], d[6]
    g, h, i = parent(a, b), parent(c, e), parent(f, d[5])
    k, left = parent(i, j), parent(g, h)
    _, subtree = kept(d)
    assert proof(inclusion(0, 7), subtree) == [b, h, k]
    assert proof(inclusion(3, 7), subtree) == [c, g, k]
    assert proof(inclusion(4, 7), subtree) == [d[5], j, left]
    assert proof(inclusion(6, 7), subtree) == [i, left]
    assert proof(consistency(3, 7), subtree) == [c, e, g, k]
    assert proof(consistency(4, 7), subtree) == [k]
    assert proof(consistency(6, 7), subtree) == [i, j, left]


@given(st.integers(0, 130))
def test_a_tree_is_what_the_definition_says(number):
    leaves = hashed(number)
    tree, subtree = kept(leaves)
    assert tree.root() == by_definition(leaves) == merkle.root((0, number), subtree)
    peaks = [subtree(*place) for place in merkle.subtrees((0, number))]
    assert Tree(number, peaks).root() == tree.root()


@given(st.integers(1, 130), st.data())
def test_every_leaf_is_proved_and_no_other(number, data):
    leaves = hashed(number)
    place = data.draw(st.integers(0, number - 1))
    tree, subtree = kept(leaves)
    path = proof(inclusion(place, number), subtree)
    root = tree.root()
    assert includes(leaves[place], place, number, path, root)
    assert not includes(leaf_hash(b"other"), place, number, path, root)
    assert not includes(leaves[place], place, number, [*path, root], root)
    assert not includes(leaves[place], number, number, path, root)
    other = data.draw(st.integers(0, number - 1))
    assert includes(leaves[place], other, number, path, root) == (other == place)
    if path:
        assert not includes(leaves[place], place, number, path[:-1], root)


@given(st.integers(0, 130), st.integers(0, 60), st.data())
def test_a_longer_log_is_proved_to_begin_with_a_shorter_one(old, more, data):
    new = old + more
    leaves = hashed(new)
    tree, subtree = kept(leaves)
    before, after = (old, by_definition(leaves[:old])), (new, tree.root())
    path = proof(consistency(old, new), subtree)
    assert extends(before, after, path)
    assert not extends(before, after, [*path, EMPTY])
    if old and more:
        place = data.draw(st.integers(0, old - 1))
        forged = [*leaves[:place], leaf_hash(b"forged"), *leaves[place + 1 :]]
        fork, of_fork = kept(forged)
        assert not extends(before, (new, fork.root()), proof(consistency(old, new), of_fork))
        assert not extends((old, leaf_hash(b"x")), after, path)
        assert not extends(after, before, path)


def test_what_no_tree_has_is_refused():
    for call in (lambda: inclusion(3, 3), lambda: consistency(4, 3), lambda: Tree(3, [EMPTY])):
        with pytest.raises(ValueError, match=r"leaf|larger|subtrees"):
            call()
