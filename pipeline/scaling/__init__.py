"""What a corpus needs that is too large for one machine, by the same protocols: Ray reads, Milvus keeps."""
