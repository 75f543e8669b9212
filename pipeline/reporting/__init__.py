"""The template engine: formatting, links, tables, HTML page, model card formats. Imports results."""
