"""`train --eject`: a run as one readable script that takes the very same steps.

For whoever wants to go on by hand: the network's code, the data, the loop and the evaluation in one
file, with the recipe's numbers in place. The templates beside this file hold every function that a
script can need; `facts` fills them in, `script` keeps what `main` reaches. A recipe whose data has
no short reader is refused (RDL956).
"""

from resnet_dsl.training.eject.facts import Form, facts_of
from resnet_dsl.training.eject.script import eject

__all__ = ["Form", "eject", "facts_of"]
