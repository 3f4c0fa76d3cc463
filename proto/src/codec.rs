//! Bytes to wire types and back, with a bound on what a message unpacks to.

use crate::units::Units;
use prost::bytes::Buf;
use prost::{Message, Name};
use std::marker::PhantomData;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder};
use tonic_prost::ProstEncoder;

/// Refuses a message that would unpack to too much before it is unpacked; the generated clients and
/// servers use it.
pub struct BoundedCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for BoundedCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for BoundedCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Name + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = BoundedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> Self::Decoder {
        BoundedDecoder { units: Units::of(&U::full_name()), message: PhantomData }
    }
}

/// See [`BoundedCodec`].
pub struct BoundedDecoder<U> {
    units: Units,
    message: PhantomData<U>,
}

impl<U: Message + Default> Decoder for BoundedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        let refused = |error: &dyn std::fmt::Display| Status::invalid_argument(error.to_string());
        self.units.check(&bytes).map_err(|error| refused(&error))?;
        U::decode(bytes).map(Some).map_err(|error| refused(&error))
    }
}
