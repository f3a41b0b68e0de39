"""A micro Whisper for CTranslate2: its tokens, the speech it learns from, the network, the training and the export."""
