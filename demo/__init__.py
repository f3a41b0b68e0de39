"""Demo pack: four small real-architecture models, the text and speech they learn from, and a sample lecture.

Everything here is made by the project itself from one lexicon. Heavy libraries (torch, transformers, diffusers)
are imported only inside the trainers, so that the lexicon, the manifest and their tests run in the base install.
Nothing outside this package may import it: the product reads the finished pack, never its makers.
"""
