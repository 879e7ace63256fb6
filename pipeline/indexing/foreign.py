"""How near a question that has nothing to do with a corpus comes to it all the same.

A cosine means nothing by itself: one model gives 0.74 to questions on cheese and piano keys, another 0.2. So every
index keeps what a list of questions from everyday life gets, and a real question is measured against that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipeline.datatypes import ForeignScores
from pipeline.indexing.encode import Encoder
from pipeline.indexing.vectors import best_match

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

CANDIDATES = 100  # passages by vector, among which late interaction finds the nearest; as in ranking
SMALLEST = 0.001  # deviation: scores that hardly differ must not make everything else look far
# Kitchen, arts, sports, sky, physics, machines, computers, animals, plants, body, history, geography: wide, so that a
# paper on one of these is near to few of them.
QUESTIONS = """\
How long should an egg be boiled?
Which spices go into a curry?
How is cheese ripened in a cave?
What makes bread dough rise?
How is chocolate tempered?
Which wood is used for violins?
Who wrote the opera about a barber?
How many keys does a piano have?
Which painter cut off his ear?
What is the plot of the play about two young lovers in Verona?
Who directed the film about a great white shark?
How are the rules of chess different from those of draughts?
Who holds the record for the marathon?
How many holes does a golf course have?
When were the first modern Olympic games held?
How is a penalty kick taken?
What is the largest moon of Saturn?
How far away is the nearest star?
Why is the sky blue?
What causes an eclipse of the sun?
How hot is the core of the earth?
What is the melting point of iron?
How does a transistor amplify a signal?
Why do magnets attract each other?
What is the derivative of a logarithm?
How many prime numbers are below one hundred?
What is the area of a circle?
How does a diesel engine work?
How often should the oil of a car be changed?
Which tyre pressure suits a racing bicycle?
How is a sailing knot tied?
How do I repair a leaking tap?
Which paint adheres to bathroom tiles?
How is wool spun into yarn?
How do I reset my telephone?
Which programming language has a garbage collector?
How is a hard disk formatted?
What does a printer driver do?
How is an array sorted in place?
Which font is easiest to read on a screen?
How do bees make honey?
What do pandas eat?
How fast can a cheetah run?
Where do eels spawn?
How deep can a sperm whale dive?
When do tulips flower?
How are roses pruned?
Which mushrooms are poisonous?
Why do leaves turn red in autumn?
How is a bonsai watered?
What is the normal temperature of the body?
How long does a broken bone take to heal?
Which vitamin is in oranges?
How do lungs take up oxygen?
Which tooth is called a canine?
Who built the pyramids?
When did the Roman empire fall?
Who was the first man on the moon?
Which king had six wives?
When was the printing press invented?
Which desert is the largest?
Through which cities does the Danube flow?
How high is the highest waterfall?
What language is spoken in Brazil?
""".splitlines()


def foreign_scores(encoder: Encoder, vectors: Vectors, tokens: Sequence[npt.NDArray[Any]]) -> ForeignScores:
    """Measure how near foreign questions come to the nearest passage, by late interaction.

    :param vectors: of the passages, shape (n, dimensions).
    :param tokens: of each passage, of any length, shape (pieces, dimensions).
    """
    import numpy as np

    if not len(vectors):
        return ForeignScores(0.0, 1.0)
    queries, pieces = encoder.encode_tokens(QUESTIONS, is_query=True)
    nearest = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :CANDIDATES]
    scores = [
        best_match(query, [tokens[row] for row in rows]).max() for query, rows in zip(pieces, nearest, strict=True)
    ]
    return ForeignScores(round(float(np.mean(scores)), 4), max(round(float(np.std(scores)), 4), SMALLEST))
