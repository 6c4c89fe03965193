// A button that bounces, as one clean step: the input has to be the same for 2^WIDTH clocks before the output follows.
module debounce #(parameter WIDTH = 4) (input clk, input rst, input noisy, output reg clean);
  reg [WIDTH-1:0] count;
  always @(posedge clk)
    if (rst) begin
      clean <= 0;
      count <= 0;
    end else if (noisy == clean) count <= 0;
    else begin
      count <= count + 1;
      if (&count) clean <= noisy;
    end
endmodule
