"""The message classes of the Vision API."""

from __future__ import annotations

from localcloud.messages import types_of

_images, _text = types_of("google.cloud.vision_v1", "image_annotator", "text_annotation")

AnnotateImageResponse = _images.AnnotateImageResponse
AsyncBatchAnnotateFilesRequest = _images.AsyncBatchAnnotateFilesRequest
AsyncBatchAnnotateImagesRequest = _images.AsyncBatchAnnotateImagesRequest
BatchAnnotateFilesRequest = _images.BatchAnnotateFilesRequest
BatchAnnotateImagesRequest = _images.BatchAnnotateImagesRequest
BatchAnnotateImagesResponse = _images.BatchAnnotateImagesResponse
Feature = _images.Feature
TextAnnotation = _text.TextAnnotation
