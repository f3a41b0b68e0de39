"""Which containers and audio codecs are opened at all. Everything else is ``unsupported_format``.

Law: nothing here refers to other files, opens connections, or draws pictures; each entry is a container or codec in
which lectures are recorded or uploaded.
"""

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,wav,w64,mp3,aac,flac,ogg,mpegts,mpeg,avi,flv,asf,caf,aiff,au,amr,ac3,eac3"
)
"""Names of libavformat demuxers, as ``format_whitelist`` wants them. Raw PCM guesses and playlists are left out."""

CODECS = frozenset(
    """aac aac_latm mp3 mp3float mp2 mp2float mp1 mp1float opus libopus vorbis flac alac ac3 eac3 dca truehd mlp
    amrnb amrwb libopencore_amrnb libopencore_amrwb wmav1 wmav2 wmapro wmavoice wmalossless speex nellymoser gsm
    gsm_ms g722 g723_1 g726 g726le g729 qdm2 wavpack ape tta
    adpcm_ms adpcm_ima_wav adpcm_ima_qt adpcm_swf adpcm_yamaha
    pcm_u8 pcm_s8 pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be pcm_f64le pcm_f64be
    pcm_alaw pcm_mulaw pcm_u16le pcm_u16be pcm_s16le_planar pcm_s16be_planar pcm_s24le_planar pcm_s32le_planar
    pcm_bluray pcm_dvd""".split()
)
"""Names of libavcodec decoders for speech and music; also what probing may open, so that no picture is decoded."""
