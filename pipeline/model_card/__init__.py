"""The model card, and its forms for machines: CycloneDX and the results that the Hugging Face hub reads."""
